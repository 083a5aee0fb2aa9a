/* bench_service: the steps of the two-approval case by banfad, against the least that could write their rows
** (bare_server), and that against a loop that writes them in its own process, 64 to a transaction.
*/
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/approval.h"
#include "tests/bench/bench.h"
#include "tests/store/rows.h"

enum { BATCH = 64, ROUNDS = 5 };
static const double seconds = 0.8;

/* ---- the loop ---- */

static double loop_step_ns(const char *path) {
    static uint64_t row_of[BATCH];
    char key[32], text[250];
    struct rows *rows = rows_open(path);
    uint64_t steps = 0, begun = bench_now_ns(), now = begun, cases = 0;
    memset(text, 'y', sizeof text);
    while (now - begun < seconds * 1e9) {
        uint32_t stage = (uint32_t)(steps / BATCH % ROWS_STAGES);
        cases += stage ? 0 : BATCH;
        rows_begin(rows);
        for (uint32_t i = 0; i < BATCH; i++) {
            snprintf(key, sizeof key, "1-%u-%llu", i, (unsigned long long)(steps / BATCH));
            struct rows_step s = {.number = cases - BATCH + i + 1,
                                  .before = stage ? row_of[i] : 0,
                                  .stage = stage,
                                  .principal = "bench",
                                  .key = key,
                                  .text = text,
                                  .len = sizeof text};
            row_of[i] = rows_step(rows, &s);
        }
        rows_commit(rows, cases);
        steps += BATCH;
        now = bench_now_ns();
    }
    rows_close(rows);
    return (double)(now - begun) / (double)steps;
}

/* ---- servers ---- */

static pid_t start(const char *const argv[], uint16_t *port) {
    int out[2];
    char text[16] = "";
    if (pipe(out))
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], 1);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(out[1]);
    if (pid > 0 && read(out[0], text, sizeof text - 1) > 0)
        *port = (uint16_t)atoi(text);
    close(out[0]);
    return *port ? pid : -1;
}

static void stop(pid_t pid, int number) {
    if (pid > 0) {
        kill(pid, number);
        waitpid(pid, NULL, 0);
    }
}

/* ---- comparing ---- */

static int by_value(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double median(double values[ROUNDS]) {
    qsort(values, ROUNDS, sizeof *values, by_value);
    return values[ROUNDS / 2];
}

/* Nanoseconds a step of the loop and of the bare server by turns. */
static bool baseline_is_good(const char *dir, struct approval *bare) {
    double loop[ROUNDS], served[ROUNDS], p99[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        char path[64];
        struct load_result r;
        snprintf(path, sizeof path, "%s/loop%d.db", dir, i);
        loop[i] = loop_step_ns(path);
        if (!approval_run(bare, BATCH, seconds, &r))
            return false;
        served[i] = r.seconds * 1e9 / (double)r.answers;
        p99[i] = r.p99_us;
    }
    struct bench_result r = {"bare server", "loop in one process", median(served), median(loop)};
    printf("  p99 %.0f us\n", median(p99));
    return bench_speed_at_least("the baseline, 64 clients", "step", &r, 0.35);
}

int main(void) {
    char dir[] = "/tmp/bench_service.XXXXXX", path[64], command[64];
    static struct approval bare = {.token = "none"};
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/bare.db", dir);
    const char *argv[] = {"tests/bench/bare_server", path, NULL};
    pid_t bare_pid = start(argv, &bare.port);
    bool ok = bare_pid > 0 && baseline_is_good(dir, &bare);
    stop(bare_pid, SIGKILL);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 && ok ? 0 : 1;
}
