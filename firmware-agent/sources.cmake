# SPDX-License-Identifier: Apache-2.0
#
# The portable sources, relative to this folder: what host programs and boards
# are built from.  A back end for proto/crypto.h is chosen by who includes this.

set(IMEILOCK_PROTO_SOURCES
  proto/cbor.c
  proto/cbor_out.c
  proto/claims.c
  proto/cose.c
  proto/crc.c
  proto/decide.c
  proto/evidence.c
  proto/frame.c
  proto/identity.c
  proto/image.c
  proto/image_burn.c
  proto/image_view.c
  proto/imei.c
  proto/imei_code.c
  proto/msg.c
  proto/object.c
  proto/pem.c
  proto/record.c
  proto/token.c)

set(IMEILOCK_BOOT_SOURCES
  boot/at.c
  boot/check.c
  boot/decode.c
  boot/device_key.c
  boot/state.c)

# Every agent: hello, reload, read, fetch, reset, attest.
set(IMEILOCK_AGENT_SOURCES
  agent/agent.c
  agent/read.c
  agent/store.c
  agent/turn.c)

# Whatever burns a fuse, and the requests that lead there.
set(IMEILOCK_AGENT_FACTORY_SOURCES
  agent/burn.c
  agent/key.c
  agent/lock.c
  agent/probe.c
  agent/program.c
  agent/record.c
  agent/requests_factory.c)

set(IMEILOCK_AGENT_VERIFY_SOURCES
  agent/requests_verify.c)
