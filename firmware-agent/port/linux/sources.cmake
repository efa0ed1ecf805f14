# SPDX-License-Identifier: Apache-2.0
#
# The files of this port beside main.c, relative to this folder: both builds
# have the first, and each one of the others.
set(IMEILOCK_LINUX_SOURCES
  chip.c
  config.c
  files.c
  serve.c
  tty.c
  usb.c
  usb_blobs.c)
set(IMEILOCK_LINUX_FACTORY_SOURCES
  chip_burn.c
  chip_factory.c)
set(IMEILOCK_LINUX_VERIFY_SOURCES
  chip_verify.c)
