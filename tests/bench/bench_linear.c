/* bench_linear: `banfa check` of 1,000, 3,000 and 10,000 procedures: time and memory a procedure.
**
** The program's processor time and the largest resident set of a process of its own, the least of several runs, less
** what an empty policy takes. Of the three sizes none may take 1.3 times as much a procedure as the smallest. What the
** kernel takes to hand out pages is shown and not judged: it depends on how much large memory is free.
*/
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/generate.h"

enum { RUNS = 5, SIZES = 3 };
#define WORST 1.3

extern char **environ;

struct cost {
    double us, kernel_us, kb; /* kb: resident */
};

static _Noreturn void stop(const char *what) {
    fprintf(stderr, "bench_linear: %s\n", what);
    exit(1);
}

static unsigned count_procedures(const struct bf_buf *text) {
    static const char word[] = "\nprocedure ";
    static const char zh[] = "\n程序 ";
    unsigned n = 0;
    for (size_t i = 0; i + sizeof word < text->len; i++)
        n += !memcmp(text->p + i, word, sizeof word - 1) || !memcmp(text->p + i, zh, sizeof zh - 1);
    return n;
}

/* At least so many procedures; tells how many. */
static unsigned write_policy(const char *path, unsigned procedures) {
    struct bf_buf text;
    bf_buf_init(&text);
    bench_generate(&text, 200000, 1);
    unsigned some = count_procedures(&text);
    size_t bytes = procedures ? (size_t)(200000.0 * procedures / some) : 1;
    bf_buf_fini(&text);
    bf_buf_init(&text);
    bench_generate(&text, bytes, 1);
    if (text.failed)
        stop("out of memory");
    FILE *f = fopen(path, "w");
    if (!f || fwrite(text.p, 1, text.len, f) != text.len || fclose(f))
        stop("cannot write the policy");
    unsigned n = count_procedures(&text);
    bf_buf_fini(&text);
    return n;
}

static struct cost run(const char *path) {
    char banfa[] = "./banfa", check[] = "check",
         *argv[] = {banfa, check, (char *)(uintptr_t)path, NULL};
    posix_spawn_file_actions_t quiet;
    struct rusage used;
    pid_t pid;
    int status;
    if (posix_spawn_file_actions_init(&quiet) ||
        posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) ||
        posix_spawn(&pid, banfa, &quiet, NULL, argv, environ) ||
        wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        stop("banfa check did not exit with 0");
    posix_spawn_file_actions_destroy(&quiet);
    return (struct cost){1e6 * (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec,
                         1e6 * (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec,
                         (double)used.ru_maxrss};
}

static struct cost least(const char *path) {
    struct cost best = run(path);
    for (int i = 1; i < RUNS; i++) {
        struct cost c = run(path);
        best.us = c.us < best.us ? c.us : best.us;
        best.kernel_us = c.kernel_us < best.kernel_us ? c.kernel_us : best.kernel_us;
        best.kb = c.kb < best.kb ? c.kb : best.kb;
    }
    return best;
}

int main(void) {
    static const unsigned sizes[SIZES] = {1000, 3000, 10000};
    char path[] = "bench_linear.XXXXXX.banfa";
    int fd = mkstemps(path, 6);
    if (fd < 0 || close(fd))
        stop("cannot write the policy");
    unsigned few = write_policy(path, 0);
    struct cost empty = least(path), first = {0, 0, 0};
    double worst = 1;
    for (int i = 0; i < SIZES; i++) {
        unsigned n = write_policy(path, sizes[i]) - few;
        struct cost c = least(path),
                    each = {(c.us - empty.us) / n, c.kernel_us / n, (c.kb - empty.kb) / n};
        if (i == 0)
            first = each;
        printf("%5u procedures: %6.1f us and %5.1f kB each (%.2f and %.2f of the first), kernel "
               "%.1f us\n",
               n, each.us, each.kb, each.us / first.us, each.kb / first.kb, each.kernel_us);
        worst = each.us / first.us > worst ? each.us / first.us : worst;
        worst = each.kb / first.kb > worst ? each.kb / first.kb : worst;
    }
    unlink(path);
    printf("banfa check: at the worst %.2f times as much a procedure (at most %.1f)\n", worst,
           WORST);
    return worst <= WORST ? 0 : 1;
}
