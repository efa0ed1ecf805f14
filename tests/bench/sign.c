/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_sign MODULE TOKEN PIN LABEL COUNT THREADS: COUNT signatures of a key
 * straight at the token, by as many threads, one after the other in each; a
 * session a thread, login and key are kept.  Prints the seconds.
 */
#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"

#define SLOTS 16
#define DIGEST_LEN 32
#define SIGNATURE_LEN 64
#define THREADS_MAX 64

struct signer {
	CK_FUNCTION_LIST *module;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	long count;
	bool is_good;
	pthread_t thread;
};

static bool
find_slot(CK_FUNCTION_LIST *module, const char *label, CK_SLOT_ID *out)
{
	CK_SLOT_ID slot[SLOTS];
	CK_ULONG count = SLOTS;

	if (module->C_GetSlotList(CK_TRUE, slot, &count) != CKR_OK)
		return false;
	for (CK_ULONG i = 0; i < count; i++) {
		CK_TOKEN_INFO info;

		if (module->C_GetTokenInfo(slot[i], &info) != CKR_OK ||
		    memcmp(info.label, label, strlen(label)) != 0)
			continue;
		*out = slot[i];
		return true;
	}
	return false;
}

static bool
find_key(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, char *label,
	 CK_OBJECT_HANDLE *out)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE wanted[] = {
		{CKA_CLASS, &class, sizeof(class)},
		{CKA_LABEL, label, strlen(label)},
	};
	CK_ULONG count = 0;

	return module->C_FindObjectsInit(session, wanted, 2) == CKR_OK &&
	       module->C_FindObjects(session, out, 1, &count) == CKR_OK &&
	       count == 1 && module->C_FindObjectsFinal(session) == CKR_OK;
}

static bool
sign_once(const struct signer *signer, long n)
{
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	unsigned char digest[DIGEST_LEN] = {0}, out[SIGNATURE_LEN];
	CK_ULONG len = sizeof(out);

	memcpy(digest, &n, sizeof(n));
	return signer->module->C_SignInit(signer->session, &mechanism,
					  signer->key) == CKR_OK &&
	       signer->module->C_Sign(signer->session, digest, sizeof(digest),
				      out, &len) == CKR_OK;
}

static void *
sign_all(void *arg)
{
	struct signer *signer = arg;

	for (long n = 0; n < signer->count && signer->is_good; n++)
		signer->is_good = sign_once(signer, n);
	return NULL;
}

/* Seconds, or -1. */
static double
sign_at_once(struct signer *signer, long threads)
{
	double begun = clock_s();
	bool is_good = true;

	for (long i = 0; i < threads; i++)
		if (pthread_create(&signer[i].thread, NULL, sign_all,
				   &signer[i]) != 0)
			return -1;
	for (long i = 0; i < threads; i++) {
		is_good &= pthread_join(signer[i].thread, NULL) == 0;
		is_good &= signer[i].is_good;
	}
	return is_good ? clock_s() - begun : -1;
}

static bool
open_signer(struct signer *signer, CK_FUNCTION_LIST *module, CK_SLOT_ID slot,
	    char *label, long count)
{
	signer->module = module;
	signer->count = count;
	signer->is_good =
		module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
				      &signer->session) == CKR_OK &&
		find_key(module, signer->session, label, &signer->key) &&
		sign_once(signer, 0);
	return signer->is_good;
}

/* A session that stays, so that the login does. */
static bool
log_in(CK_FUNCTION_LIST *module, CK_SLOT_ID slot, char *pin)
{
	CK_SESSION_HANDLE session;

	return module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
				     &session) == CKR_OK &&
	       module->C_Login(session, CKU_USER, (unsigned char *)pin,
			       strlen(pin)) == CKR_OK;
}

int
main(int argc, char **argv)
{
	static struct signer signer[THREADS_MAX];
	CK_FUNCTION_LIST *module;
	CK_SLOT_ID slot;
	long threads;
	double took;

	if (argc != 7)
		return 2;
	threads = atol(argv[6]);
	if (threads < 1 || threads > THREADS_MAX)
		return 2;
	module = p11_kit_module_load(argv[1], 0);
	if (module == NULL || p11_kit_module_initialize(module) != CKR_OK ||
	    !find_slot(module, argv[2], &slot) ||
	    !log_in(module, slot, argv[3]))
		return 1;
	for (long i = 0; i < threads; i++)
		if (!open_signer(&signer[i], module, slot, argv[4],
				 atol(argv[5]) / threads))
			return 1;
	took = sign_at_once(signer, threads);
	if (took < 0)
		return 1;
	printf("%.6f\n", took);
	(void)p11_kit_module_finalize(module);
	p11_kit_module_release(module);
	return 0;
}
