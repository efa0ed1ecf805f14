/* SPDX-License-Identifier: Apache-2.0 */
/* stdlib.h - empty: Mbed TLS includes it and uses nothing of it here. */
