# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Completion of imeilock for bash: source this file, or install it as
# "imeilock" where bash-completion finds it.  Commands and options are those
# that the program itself names with --help, so they are never others.

_imeilock_help() { # COMMAND WORD...
	ARGP_HELP_FMT=rmargin=250,opt-doc-col=60 \
		"${COMP_WORDS[0]/#\~/$HOME}" "$@" --help 2>/dev/null
}

# "station init", one a line
_imeilock_commands() {
	_imeilock_help | sed -n '/^Commands (/,/^$/s/^  \(.*[a-z]\)   *[A-Z].*/\1/p'
}

# "--station=DIR" and "-s=DIR", one a line
_imeilock_options() { # COMMAND WORD...
	_imeilock_help "$@" | sed -n '/^Example:/q
		s/^ *\(-[^ ].*[^ ]\)   *[^ ].*/\1/
		t option
		d
		:option
		s/^\(-.\), \(--[^=]*\)\(.*\)/\1\3\n\2\3/
		p'
}

# What follows an option: words, or what --help calls it.
_imeilock_values() { # OPTION COMMAND WORD...
	local option=$1 kind
	shift
	kind=$(_imeilock_options "$@" | sed -n "s/^$option=//p")
	case $option$kind in
	--classCLASS) echo development production ;;
	*FORM) echo plain presentation urn masked ;;
	--levelLEVEL) echo S-1 S-2 S-3 S-4 I II III ;;
	--aqlAQL) echo 0 0.065 0.10 0.15 0.25 0.40 0.65 1.0 1.5 2.5 4.0 6.5 ;;
	-cNAME | --carrierNAME) echo ts24008 ts24301 ts24501 tbcd ueid bcd ;;
	*DIR | *FILE | *ADDR | *N=*) echo "$kind" ;;
	esac
}

# The words of the command before the one that is completed, without options
# and what they take; in bash "--a=b" is three words.
_imeilock_words() {
	local i=1 word
	while ((i < COMP_CWORD)); do
		word=${COMP_WORDS[i]}
		case $word in
		-s | --station)
			((i += 1))
			[[ ${COMP_WORDS[i]} != "=" ]] || ((i += 1))
			;;
		=) ((i += 1)) ;;
		-*) ;;
		*) echo "$word" ;;
		esac
		((i += 1))
	done
}

_imeilock_offer() { # WORDS: those that begin like the current one
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_imeilock_files() { # KIND
	local what=-f
	[[ $1 != DIR ]] || what=-d
	mapfile -t COMPREPLY < <(compgen "$what" -- "$cur")
	compopt -o filenames 2>/dev/null
}

_imeilock_value() { # OPTION COMMAND WORD...
	local values
	values=$(_imeilock_values "$@")
	case $values in
	DIR | FILE | ADDR | N=*) _imeilock_files "$values" ;;
	*) _imeilock_offer "$values" ;;
	esac
}

_imeilock_takes() { # OPTION COMMAND WORD...: does it take a value?
	local option=$1
	shift
	_imeilock_options "$@" | grep -q -e "^$option="
}

_imeilock() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words commands known
	COMPREPLY=()
	mapfile -t words < <(_imeilock_words)
	mapfile -t commands < <(_imeilock_commands)
	known=${words[*]:0:2}
	[[ " ${commands[*]/#/:} " == *" :$known "* ]] || known=${words[0]:-}
	# shellcheck disable=SC2206 # one or two words
	known=($known)
	if [[ $cur == "=" ]]; then
		cur=
	elif [[ $prev == "=" ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [[ $prev == -* ]] && _imeilock_takes "$prev" "${known[@]}"; then
		_imeilock_value "$prev" "${known[@]}"
	elif [[ $cur == -* ]]; then
		_imeilock_offer "$(_imeilock_options "${known[@]}" | sed 's/=.*//')"
	elif ((${#words[@]} == 0)); then
		_imeilock_offer "$(printf '%s\n' "${commands[@]%% *}" | sort -u)"
	elif ((${#words[@]} == 1)) &&
		printf '%s\n' "${commands[@]}" | grep -q "^${words[0]} "; then
		_imeilock_offer "$(printf '%s\n' "${commands[@]}" |
			sed -n "s/^${words[0]} //p")"
	else
		_imeilock_files FILE
	fi
}

complete -F _imeilock imeilock
