/* daemon: a banfad with the two-approval policy, for benchmarks: made in a folder of its own, started, stopped. */
#ifndef BENCH_DAEMON_H
#define BENCH_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct daemon {
    char dir[64];
    pid_t pid; /* 0: it does not run */
    uint16_t port;
    char token[64]; /* of a person who may act for all the departments of the case */
};

/* Each says on stderr what failed. */
bool daemon_make(struct daemon *d, const char *dir); /* dir is there; starts and stops it once */
bool daemon_start(struct daemon *d);
bool daemon_stop(struct daemon *d); /* SIGTERM; false: it did not end well */
/* One request over the local socket, as an operator; the status, 0 if there was none. The answer's body, cut and
** NUL-terminated. */
int daemon_ask(const struct daemon *d, const char *method, const char *path, const char *key,
               const char *body, size_t len, char *answer, size_t size);
/* Resident bytes, and microseconds of processor time used until now. */
bool daemon_usage(pid_t pid, uint64_t *rss, uint64_t *cpu_us);

#endif
