/* approval: clients of the two-approval case. Each opens a case, approves it twice, and opens the next. */
#ifndef BENCH_APPROVAL_H
#define BENCH_APPROVAL_H

#include "tests/bench/load.h"

enum { APPROVAL_CLIENTS = 1024 };

struct approval {
    uint16_t port;
    const char *token;
    bool open_only; /* cases stay at their first stage */
    bool restate;   /* asks a virtual object of Restate (peers/restate.mjs) */
    uint64_t salt;  /* of the keys: each run has its own */
    uint64_t opened;
    uint64_t last_case;
    char first_refusal[512]; /* an answer that was not 2xx */
    struct approval_client {
        uint64_t number; /* of its case; 0: the next step opens one */
        uint32_t stage, steps;
    } client[APPROVAL_CLIENTS];
};

/* Runs them; false says what failed. Steps that are refused fail the run. */
bool approval_run(struct approval *a, unsigned clients, double seconds, struct load_result *result);
/* Opens so many cases (and a few more) and leaves them open. */
bool approval_open(struct approval *a, uint64_t cases);

#endif
