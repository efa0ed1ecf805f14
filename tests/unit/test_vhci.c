/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_vhci.c - ports of vhci-hcd, in a sysfs that is a folder of files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "port/virtual/vhci.h"
#include "support/folder.h"

#define HEAD "hub port sta spd dev      sockfd local_busid\n"
#define REST " 000 00000000 000000 0-0\n"

static char folder[FOLDER_MAX];

static void
write_file(const char *name, const char *text)
{
	char path[FOLDER_PATH_MAX];
	FILE *file;

	folder_path(path, folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int
set_up(void **state)
{
	(void)state;
	folder_make(folder);
	write_file("attach", "");
	write_file("status", HEAD "hs  0000 006" REST "hs  0001 004" REST
				  "hs  0002 004" REST "ss  0003 004" REST);
	write_file("status.1", HEAD "hs  0006 004" REST "hs  0007 006" REST
				    "ss  0009 004" REST);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	folder_remove(folder);
	return 0;
}

/* The name of what was taken, or "". */
static const char *
take(struct vhci *vhci, const char *name)
{
	return vhci_open(vhci, folder, name, 50) == ST_OK ? vhci->name : "";
}

static void
each_takes_another_port(void **state)
{
	struct vhci vhci[5];

	(void)state;
	assert_string_equal(take(&vhci[0], NULL), "vhci_hcd.0/2");
	assert_string_equal(take(&vhci[1], NULL), "vhci_hcd.0/3");
	assert_string_equal(take(&vhci[2], NULL), "vhci_hcd.1/1");
	assert_int_equal(vhci[2].port, 6);
	assert_int_equal(vhci_open(&vhci[3], folder, NULL, 0), ST_PORT_USB);
	/* one that is let go is there again */
	vhci_close(&vhci[1]);
	assert_string_equal(take(&vhci[4], NULL), "vhci_hcd.0/3");
	vhci_close(&vhci[0]);
	vhci_close(&vhci[2]);
	vhci_close(&vhci[3]);
	vhci_close(&vhci[4]);
}

static void
a_port_by_its_name(void **state)
{
	struct vhci vhci, other;

	(void)state;
	assert_string_equal(take(&vhci, "vhci_hcd.1/1"), "vhci_hcd.1/1");
	assert_string_equal(take(&other, "vhci_hcd.1/1"), "");
	assert_string_equal(take(&other, "vhci_hcd.0/9"), "");
	vhci_close(&vhci);
	vhci_close(&vhci);
}

static void
the_kernel_is_told_in_one_line(void **state)
{
	struct usb_cable cable;
	struct vhci vhci;
	char path[FOLDER_PATH_MAX], line[64];
	FILE *file;

	(void)state;
	assert_string_equal(take(&vhci, "vhci_hcd.0/3"), "vhci_hcd.0/3");
	cable = vhci_cable(&vhci);
	assert_true(cable.is_free(cable.ctx));
	assert_int_equal(cable.attach(cable.ctx, 42), ST_OK);
	folder_path(path, folder, "attach");
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "2 42 65538 3\n");
	fclose(file);
	write_file("status", HEAD "hs  0002 006" REST);
	assert_false(cable.is_free(cable.ctx));
	write_file("status", HEAD "hs  0001 004" REST);
	assert_false(cable.is_free(cable.ctx));
	vhci_close(&vhci);
}

static void
without_a_driver_there_is_none(void **state)
{
	struct vhci vhci;

	(void)state;
	assert_int_equal(vhci_open(&vhci, "/nonexistent", NULL, 0),
			 ST_PORT_USB);
	vhci_close(&vhci);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(each_takes_another_port),
		TEST(a_port_by_its_name),
		TEST(the_kernel_is_told_in_one_line),
		TEST(without_a_driver_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
