/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h - empty: the compiler's own file of this name asks for another. */
