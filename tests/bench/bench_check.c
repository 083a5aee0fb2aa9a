/* bench_check: `banfa check` of a policy of 2,000 lines, from exec to exit, against a program that does nothing.
**
** Judged by the clock, not by a ratio: an author waits for it at every save. The median of many runs counts.
*/
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/generate.h"

enum { LINES = 2000, RUNS = 41 };
#define LIMIT_MS 20.0

extern char **environ;
static char path[] = "bench_check.XXXXXX.banfa";
static posix_spawn_file_actions_t quiet;

static _Noreturn void stop(const char *what) {
    fprintf(stderr, "bench_check: %s\n", what);
    unlink(path);
    exit(1);
}

/* Whole units, until there are so many lines. */
static unsigned write_policy(void) {
    struct bf_buf text;
    unsigned lines = 0;
    for (size_t bytes = 20000; lines < LINES; bytes += 2000) {
        bf_buf_init(&text);
        bench_generate(&text, bytes, 1);
        lines = 0;
        for (size_t i = 0; i < text.len; i++)
            lines += text.p[i] == '\n';
        if (lines < LINES)
            bf_buf_fini(&text);
    }
    int fd = mkstemps(path, 6);
    if (fd < 0 || write(fd, text.p, text.len) != (ssize_t)text.len || close(fd))
        stop("cannot write the policy");
    bf_buf_fini(&text);
    return lines;
}

static double run_ms(char *const argv[]) {
    uint64_t start = bench_now_ns();
    pid_t pid;
    int status;
    if (posix_spawn(&pid, argv[0], &quiet, NULL, argv, environ) || waitpid(pid, &status, 0) != pid)
        stop(argv[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        stop("the program did not exit with 0");
    return (double)(bench_now_ns() - start) / 1e6;
}

static int by_size(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double median_ms(char *const argv[]) {
    double ms[RUNS];
    run_ms(argv); /* its pages are in memory now */
    for (int i = 0; i < RUNS; i++)
        ms[i] = run_ms(argv);
    qsort(ms, RUNS, sizeof *ms, by_size);
    return ms[RUNS / 2];
}

int main(void) {
    char banfa[] = "./banfa", check[] = "check", true_[] = "/bin/true";
    char *ours[] = {banfa, check, path, NULL}, *bare[] = {true_, NULL};
    unsigned lines = write_policy();
    if (posix_spawn_file_actions_init(&quiet) ||
        posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0))
        stop("out of memory");
    double our_ms = median_ms(ours), bare_ms = median_ms(bare);
    unlink(path);
    printf(
        "banfa check, %u lines: %.1f ms from exec to exit (at most %.0f ms), /bin/true %.1f ms\n",
        lines, our_ms, LIMIT_MS, bare_ms);
    return our_ms <= LIMIT_MS ? 0 : 1;
}
