/* SPDX-License-Identifier: Apache-2.0 */
#include "support/usb_bed.h"

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <umockdev.h>

static UMockdevTestbed *bed;

void
usb_bed_open(void)
{
	bed = umockdev_testbed_new();
	assert_true(umockdev_in_mock_environment());
}

void
usb_bed_close(void)
{
	g_clear_object(&bed);
}

static void
add(const char *description)
{
	GError *error = NULL;

	if (!umockdev_testbed_add_from_string(bed, description, &error))
		fail_msg("%s: %s", error->message, description);
}

void
usb_bed_add(const struct usb_bed_device *device, char out[USB_BED_PATH_MAX])
{
	char text[1000];

	snprintf(out, USB_BED_PATH_MAX, "%s/%s", device->parent,
		 device->sysname);
	snprintf(text, sizeof(text),
		 "P: %s\nN: bus/usb/%03u/%03u\n"
		 "E: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\n"
		 "A: busnum=%u\\n\nA: devnum=%u\\n\nA: bDeviceClass=%02x\\n\n"
		 "A: idVendor=%04x\\n\nA: idProduct=%04x\\n\n",
		 out, device->bus, device->number, device->bus, device->number,
		 device->class, device->vendor, device->product);
	add(text);
}

void
usb_bed_interface(const char *path, const char *name, const char *triple)
{
	char text[1000];

	snprintf(text, sizeof(text),
		 "P: %s/%s\nE: DEVTYPE=usb_interface\nE: SUBSYSTEM=usb\n"
		 "A: bInterfaceClass=%.2s\\n\nA: bInterfaceSubClass=%.2s\\n\n"
		 "A: bInterfaceProtocol=%.2s\\n\n",
		 path, name, triple, triple + 3, triple + 6);
	add(text);
}

void
usb_bed_tty(const char *path, const char *name, const char *tty)
{
	char text[1000];

	snprintf(text, sizeof(text), "P: %s/%s/%s\nE: SUBSYSTEM=tty\n", path,
		 name, tty);
	add(text);
}

void
usb_bed_set(const char *path, const char *name, const char *value)
{
	char syspath[USB_BED_PATH_MAX + 8];

	snprintf(syspath, sizeof(syspath), "/sys%s", path);
	umockdev_testbed_set_attribute(bed, syspath, name, value);
}

void
usb_bed_node(const char *node, const uint8_t *data, size_t len)
{
	char *root = umockdev_testbed_get_root_dir(bed);
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", root, node);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	g_free(root);
}

void
usb_bed_close_node(const char *node)
{
	char *root = umockdev_testbed_get_root_dir(bed);
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", root, node);
	assert_int_equal(chmod(path, 0), 0);
	/* the bed's own way to the device, which is no part of it */
	snprintf(path, sizeof(path), "%s/ioctl%s", root, node);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(chmod(root, 0755), 0);
	g_free(root);
}

void
usb_bed_attach(const char *node, void *handler)
{
	GError *error = NULL;

	if (!umockdev_testbed_attach_ioctl(bed, node, handler, &error))
		fail_msg("%s: %s", node, error->message);
}

void
usb_bed_detach(const char *node)
{
	umockdev_testbed_detach_ioctl(bed, node, NULL);
	unlink(node);
}

/* The bed itself does not take children away with their parents. */
static void
remove_tree(const char *syspath)
{
	DIR *entries = opendir(syspath);
	char path[PATH_MAX];
	const struct dirent *entry;

	if (entries == NULL)
		return;
	while ((entry = readdir(entries)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", syspath, entry->d_name);
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			remove_tree(path);
	}
	closedir(entries);
	snprintf(path, sizeof(path), "%s/uevent", syspath);
	if (access(path, F_OK) == 0)
		umockdev_testbed_remove_device(bed, syspath);
}

void
usb_bed_remove(const char *path)
{
	char syspath[USB_BED_PATH_MAX + 8];

	snprintf(syspath, sizeof(syspath), "/sys%s", path);
	remove_tree(syspath);
}
