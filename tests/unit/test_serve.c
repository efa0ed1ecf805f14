/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_serve.c - a virtual handset behind its sockets, and the tool's client
 * at the other end.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "port/virtual/serve.h"
#include "station/device.h"
#include "support/handset_unit.h"

#define LONG_MS 10000

static struct server server;
static pthread_t thread;
static int stop_fd;
static enum status served; /* how serve_run ended */

static void *
run(void *ctx)
{
	(void)ctx;
	served = serve_run(&server, stop_fd);
	return NULL;
}

static void
serve_start(void)
{
	unit_power_up();
	stop_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(stop_fd >= 0);
	assert_int_equal(serve_open(&server, &unit.handset, unit.folder),
			 ST_OK);
	assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
}

static void
serve_stop(void)
{
	assert_int_equal(eventfd_write(stop_fd, 1), 0);
	pthread_join(thread, NULL);
	serve_close(&server);
	close(stop_fd);
}

static void
address_of(char out[FOLDER_PATH_MAX + 8], const char *name)
{
	snprintf(out, FOLDER_PATH_MAX + 8, "unix:%s/%s", unit.folder, name);
}

static void
open_device(struct device *device)
{
	char address[FOLDER_PATH_MAX + 8];

	address_of(address, "agent.sock");
	assert_int_equal(device_open(device, address, deadline_in(LONG_MS)),
			 ST_OK);
}

static enum status
hello(struct device *device)
{
	struct hello out;

	return device_hello(device, &out, deadline_in(LONG_MS));
}

static void
a_reset_keeps_the_sockets(void **state)
{
	struct request req = {.head.op = OP_RESET};
	struct device device;
	struct reply reply;
	uint64_t session;

	(void)state;
	serve_start();
	open_device(&device);
	assert_int_equal(hello(&device), ST_OK);
	session = device.session;
	assert_int_equal(device_call(&device, &req, &reply,
				     deadline_in(LONG_MS)),
			 ST_OK);
	assert_int_equal(hello(&device), ST_OK);
	assert_int_not_equal(device.session, session);
	device_close(&device);
	serve_stop();
	assert_int_equal(served, ST_OK);
}

static void
a_new_client_replaces_the_old(void **state)
{
	struct device first, second;

	(void)state;
	serve_start();
	open_device(&first);
	assert_int_equal(hello(&first), ST_OK);
	open_device(&second);
	assert_int_equal(hello(&second), ST_OK);
	assert_int_equal(hello(&first), ST_LINK_CLOSED);
	assert_int_equal(hello(&second), ST_OK);
	device_close(&first);
	device_close(&second);
	serve_stop();
}

static void
at_ports_of_each_slot(void **state)
{
	char address[FOLDER_PATH_MAX + 8];
	enum imei_form form;
	struct imei imei;

	(void)state;
	serve_start();
	address_of(address, "at1.sock");
	assert_int_equal(at_read_imei(&imei, &form, address,
				      deadline_in(LONG_MS)),
			 ST_VERIFY_AT_FORM);
	address_of(address, "at2.sock");
	assert_int_equal(at_read_imei(&imei, &form, address,
				      deadline_in(LONG_MS)),
			 ST_VERIFY_AT_FORM);
	address_of(address, "at3.sock");
	assert_int_equal(at_read_imei(&imei, &form, address,
				      deadline_in(LONG_MS)),
			 ST_LINK_OPEN);
	serve_stop();
}

static void
a_cut_ends_the_service(void **state)
{
	struct device device;
	struct hello out;

	(void)state;
	unit.options.cut = (struct power_cut){STEP_FRAME, 2, STEP_TORN, 0};
	serve_start();
	open_device(&device);
	assert_int_equal(hello(&device), ST_OK);
	assert_int_equal(device_hello(&device, &out, deadline_in(500)),
			 ST_LINK_TIMEOUT);
	pthread_join(thread, NULL);
	assert_int_equal(served, ST_PORT_POWER);
	serve_close(&server);
	assert_int_equal(hello(&device), ST_LINK_CLOSED);
	device_close(&device);
	close(stop_fd);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, unit_set_up, unit_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reset_keeps_the_sockets),
		TEST(a_new_client_replaces_the_old),
		TEST(at_ports_of_each_slot),
		TEST(a_cut_ends_the_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
