/* approval: see approval.h. A body is about 250 bytes of JSON. */
#include "tests/bench/approval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"

#define APPLICANT "91410600MA22222224"
#define OFFICE "91410600MA33333332"
#define COUNCIL "91410600MA44444442"

#define PARTY(code) "{\"code\":\"" code "\"}"
static const char opening[] =
    "{\"policy\":\"approval\",\"procedure\":\"request\",\"as\":{\"department\":\"" APPLICANT
    "\"},\"data\":{\"applicant\":" PARTY(APPLICANT) ",\"office\":" PARTY(
        OFFICE) ",\"council\":" PARTY(COUNCIL) ",\"matter\":\"land use of the old "
                                               "mill\",\"items\":3}}";
static const char approving[] =
    "{\"as\":{\"department\":\"%s\"},\"args\":{\"opinion\":\"The papers are complete and in order; "
    "the site was visited on the third.\",\"note\":\"File with the register of land use; copy to "
    "the applicant, to be kept for three years.\"}}";

/* The same bodies; each case is an object of its own. */
static size_t next_restate(struct approval *a, unsigned client, char buf[LOAD_BYTES]) {
    static const char *const calls[] = {"submit", "approve", "confirm"};
    struct approval_client *k = &a->client[client];
    char body[1024];
    int len = snprintf(body, sizeof body, k->stage == 0 ? opening : approving,
                       k->stage == 1 ? OFFICE : COUNCIL);
    return (size_t)snprintf(buf, LOAD_BYTES,
                            "POST /request/%llx-%u-%u/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                            "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                            (unsigned long long)a->salt, client, k->steps++ / 3, calls[k->stage],
                            len, body);
}

static size_t next(void *ctx, unsigned client, char buf[LOAD_BYTES]) {
    struct approval *a = ctx;
    struct approval_client *k = &a->client[client];
    char body[1024], path[64] = "/v1/cases";
    if (a->restate)
        return next_restate(a, client, buf);
    int len = snprintf(body, sizeof body, k->stage == 0 ? opening : approving,
                       k->stage == 1 ? OFFICE : COUNCIL);
    if (k->stage)
        snprintf(path, sizeof path, "/v1/cases/%llu/acts/approve", (unsigned long long)k->number);
    return (size_t)snprintf(buf, LOAD_BYTES,
                            "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                            "Content-Type: application/json\r\nIdempotency-Key: %llx-%u-%u\r\n"
                            "Content-Length: %d\r\n\r\n%s",
                            path, a->token, (unsigned long long)a->salt, client, k->steps++, len,
                            body);
}

static void answered(void *ctx, unsigned client, int status, const char *body, size_t len) {
    struct approval *a = ctx;
    struct approval_client *k = &a->client[client];
    if (status < 200 || status > 299) {
        if (!a->first_refusal[0])
            snprintf(a->first_refusal, sizeof a->first_refusal, "%d %.*s", status,
                     (int)(len < 400 ? len : 400), body);
        k->stage = 0;
        return;
    }
    if (k->stage == 0) {
        const char *at = memmem(body, len, "\"case\":", 7);
        k->number = at ? strtoull(at + 7, NULL, 10) : 0;
        a->opened++;
        if (k->number > a->last_case)
            a->last_case = k->number;
    }
    k->stage = a->open_only ? 0 : (k->stage + 1) % 3;
}

static bool run(struct approval *a, struct load load, struct load_result *result) {
    load.port = a->port;
    load.ctx = a;
    load.next = next;
    load.answer = answered;
    memset(a->client, 0, sizeof a->client);
    a->opened = 0;
    a->first_refusal[0] = '\0';
    a->salt = bench_now_ns();
    if (!load_run(&load, result))
        return false;
    if (result->refused)
        fprintf(stderr, "approval: %llu of %llu answers: %s\n", (unsigned long long)result->refused,
                (unsigned long long)result->answers, a->first_refusal);
    return !result->refused;
}

bool approval_run(struct approval *a, unsigned clients, double seconds,
                  struct load_result *result) {
    return run(a, (struct load){.clients = clients, .seconds = seconds}, result);
}

bool approval_open(struct approval *a, uint64_t cases) {
    struct load_result r;
    a->open_only = true;
    bool ok = run(a, (struct load){.clients = 256, .seconds = 600, .at_most = cases}, &r);
    a->open_only = false;
    return ok;
}
