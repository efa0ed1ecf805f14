#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""unpack_kernel.py VMLINUZ VMLINUX - the ELF file that is in a packed kernel.

An emulator starts it by the entry point that the kernel has for guests (PVH).
"""
import lzma
import sys

XZ = b"\xfd7zXZ\0"
ELF = b"\x7fELF"


def main(packed, unpacked):
    with open(packed, "rb") as file:
        data = file.read()
    at = data.find(XZ)
    if at < 0:
        sys.exit(f"{packed} is not packed by xz")
    # what stands behind the packed part is not looked at
    kernel = lzma.LZMADecompressor().decompress(data[at:])
    if not kernel.startswith(ELF):
        sys.exit(f"what {packed} has in it is no ELF file")
    with open(unpacked, "wb") as file:
        file.write(kernel)


if __name__ == "__main__":
    main(*sys.argv[1:])
