# SPDX-License-Identifier: Apache-2.0
#
# cmake -DIN=schema.sql -DOUT=schema.c -DNAME=ledger_schema -P embed.cmake
# Writes OUT: the text of IN as a C array that ends in NUL.
file(READ "${IN}" hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))"
       "\\1\n" bytes "${bytes}")
file(WRITE "${OUT}" "/* Made from a text file by the build. */
extern const char ${NAME}[];
const char ${NAME}[] = {
${bytes}0};
")
