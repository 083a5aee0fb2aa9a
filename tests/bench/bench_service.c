/* bench_service: the steps of the two-approval case by banfad, against the least that could write their rows
** (bare_server), and that against a loop that writes them in its own process, 64 to a transaction.
**
** By hand: --duties 1000000 (so many limits past at start), --decide (that part alone), --restate PORT
** (peers/restate.sh).
*/
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/approval.h"
#include "tests/bench/bench.h"
#include "tests/bench/daemon.h"
#include "tests/bench/fill.h"
#include "tests/store/rows.h"

enum { BATCH = 64, ROUNDS = 5, SYNCS = 201, OPEN_CASES = 100000, DUTIES = 30000, DAYS_AGO = 10 };
static const double seconds = 0.8;

/* ---- the loop ---- */

static void remove_database(const char *path) {
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    char name[128];
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", path, tails[i]);
        unlink(name);
    }
}

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

static double median(double values[], int n) {
    qsort(values, (size_t)n, sizeof *values, by_value);
    return values[n / 2];
}

/* What is compared is measured by turns. */
struct side {
    struct approval *clients;
    pid_t pid;
    double ns[ROUNDS], p50[ROUNDS], p99[ROUNDS], cpu_us[ROUNDS];
};

static bool measure(struct side *s, int round, unsigned clients) {
    struct load_result r;
    uint64_t rss, before = 0, after = 0;
    if (!daemon_usage(s->pid, &rss, &before) || !approval_run(s->clients, clients, seconds, &r) ||
        !daemon_usage(s->pid, &rss, &after) || !r.answers)
        return false;
    s->ns[round] = r.seconds * 1e9 / (double)r.answers;
    s->p50[round] = r.p50_us;
    s->p99[round] = r.p99_us;
    s->cpu_us[round] = (double)(after - before) / (double)r.answers;
    return true;
}

static void print_side(const char *name, struct side *s, unsigned clients) {
    printf("  %s, %u clients: %.0f steps/s, p50 %.0f us, p99 %.0f us, processor %.0f us a step\n",
           name, clients, 1e9 / median(s->ns, ROUNDS), median(s->p50, ROUNDS),
           median(s->p99, ROUNDS), median(s->cpu_us, ROUNDS));
}

static bool limit(const char *title, double value, double most) {
    printf("%s: %.2f (at most %.2f)%s\n", title, value, most, value <= most ? "" : "  MISSED");
    return value <= most;
}

/* Median of a write of 16 KiB and its sync, in the folder where the databases are. */
static double sync_us(const char *dir) {
    static char bytes[16384];
    char path[96];
    double us[SYNCS];
    snprintf(path, sizeof path, "%s/sync", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < SYNCS; i++) {
        uint64_t begun = bench_now_ns();
        if (pwrite(fd, bytes, sizeof bytes, i * (off_t)sizeof bytes) < 0 || fdatasync(fd) != 0)
            return 0;
        us[i] = (double)(bench_now_ns() - begun) / 1e3;
    }
    close(fd);
    return median(us, SYNCS);
}

/* A counter of /metrics. */
static double counter(const struct daemon *d, const char *name) {
    static char text[1 << 16];
    char line[128];
    snprintf(line, sizeof line, "\n%s ", name);
    if (daemon_ask(d, "GET", "/metrics", NULL, "", 0, text, sizeof text) != 200)
        return 0;
    const char *at = strstr(text, line);
    return at ? strtod(at + strlen(line), NULL) : 0;
}

struct cost {
    double rows, index, bytes;
};

static struct cost cost(const struct daemon *d) {
    return (struct cost){counter(d, "banfad_store_rows_total"),
                         counter(d, "banfad_store_index_entries_total"),
                         counter(d, "banfad_store_bytes_total")};
}

/* 64 clients: the loop, the bare server and banfad by turns. */
static bool compare(const char *dir, const struct daemon *d, struct side *bare, struct side *ours,
                    const char *title) {
    double loop[ROUNDS], steps = 0;
    struct cost before = cost(d), after;
    for (int i = 0; i < ROUNDS; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s/loop.db", dir);
        remove_database(path);
        loop[i] = loop_step_ns(path);
        if (!measure(bare, i, BATCH) || !measure(ours, i, BATCH))
            return false;
        steps += seconds * 1e9 / ours->ns[i];
    }
    after = cost(d);
    printf("%s\n", title);
    print_side("bare server", bare, BATCH);
    print_side("banfad", ours, BATCH);
    printf("  a step: %.2f rows, %.2f index entries, %.0f bytes\n",
           (after.rows - before.rows) / steps, (after.index - before.index) / steps,
           (after.bytes - before.bytes) / steps);
    struct bench_result base = {"bare server", "loop in one process", median(bare->ns, ROUNDS),
                                median(loop, ROUNDS)};
    struct bench_result us = {"banfad", "bare server", median(ours->ns, ROUNDS), base.subject_ns};
    bool ok = bench_speed_at_least("the baseline, 64 clients", "step", &base, 0.35);
    ok = bench_speed_at_least("two approvals, 64 clients", "step", &us, 0.6) && ok;
    return limit("p99 to the baseline's, 64 clients",
                 median(ours->p99, ROUNDS) / median(bare->p99, ROUNDS), 2) &&
           ok;
}

/* One client and 256. */
static bool compare_others(const char *dir, struct side *bare, struct side *ours) {
    double sync[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        if (!measure(bare, i, 1) || !measure(ours, i, 1))
            return false;
        sync[i] = sync_us(dir);
    }
    print_side("bare server", bare, 1);
    print_side("banfad", ours, 1);
    printf("  median sync %.0f us\n", median(sync, ROUNDS));
    bool ok = limit("p99 to the median sync, 1 client",
                    median(ours->p99, ROUNDS) / median(sync, ROUNDS), 5);
    for (int i = 0; i < ROUNDS; i++)
        if (!measure(bare, i, 256) || !measure(ours, i, 256))
            return false;
    print_side("bare server", bare, 256);
    print_side("banfad", ours, 256);
    printf("two approvals, 256 clients: %.1f %% of the speed\n",
           median(bare->ns, ROUNDS) / median(ours->ns, ROUNDS) * 100);
    return ok;
}

static bool with_open_cases(const char *dir, const struct daemon *d, struct side *bare,
                            struct side *ours) {
    uint64_t before, after, cpu;
    double cold = median(bare->ns, ROUNDS) / median(ours->ns, ROUNDS);
    if (!daemon_usage(d->pid, &before, &cpu) || !approval_open(ours->clients, OPEN_CASES / 2))
        return false;
    bool ok = daemon_usage(d->pid, &after, &cpu);
    printf("  memory after 50,000 open cases: %.0f bytes a case\n",
           ((double)after - (double)before) / (OPEN_CASES / 2));
    before = after;
    ok = ok && approval_open(ours->clients, OPEN_CASES / 2) && daemon_usage(d->pid, &after, &cpu);
    printf("  memory after 100,000: %.0f bytes for each of the second half\n",
           ((double)after - (double)before) / (OPEN_CASES / 2));
    ok = ok && compare(dir, d, bare, ours, "with 100,000 open cases");
    double warm = median(bare->ns, ROUNDS) / median(ours->ns, ROUNDS);
    return limit("share of the speed that 100,000 open cases cost", 1 - warm / cold, 0.2) && ok;
}

/* ---- decisions ---- */

struct fixed {
    uint16_t port;
    char request[1024];
    size_t len;
    char refusal[256];
};

static size_t next_fixed(void *ctx, unsigned client, char buf[LOAD_BYTES]) {
    const struct fixed *f = ctx;
    (void)client;
    memcpy(buf, f->request, f->len);
    return f->len;
}

static void fixed_answer(void *ctx, unsigned client, int status, const char *body, size_t len) {
    struct fixed *f = ctx;
    (void)client;
    if (status != 200)
        snprintf(f->refusal, sizeof f->refusal, "%d %.*s", status, (int)(len < 200 ? len : 200),
                 body);
}

static bool fixed_ns(struct fixed *f, double *ns) {
    struct load load = {.port = f->port,
                        .clients = BATCH,
                        .seconds = seconds / 2,
                        .ctx = f,
                        .next = next_fixed,
                        .answer = fixed_answer};
    struct load_result r;
    if (!load_run(&load, &r) || !r.answers)
        return false;
    if (f->refusal[0])
        fprintf(stderr, "bench_service: %s\n", f->refusal);
    *ns = r.seconds * 1e9 / (double)r.answers;
    return !f->refusal[0];
}

static struct fixed deciding(const struct approval *a, const char *query, const char *args) {
    struct fixed f = {.port = a->port};
    char body[256];
    int len = snprintf(body, sizeof body,
                       "{\"policy\":\"approval\",\"args\":{\"who\":{\"code\":"
                       "\"91410600MA22222224\"},%s}}",
                       args);
    f.len = (size_t)snprintf(f.request, sizeof f.request,
                             "POST /v1/decide/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                             "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                             "Content-Length: %d\r\n\r\n%s",
                             query, a->token, len, body);
    return f;
}

static bool decisions(const struct daemon *d, const struct approval *a) {
    static const char row[] =
        "{\"row\":{\"code\":\"R1\",\"provider\":{\"code\":\"91410600MA33333332\"},"
        "\"open\":true}}";
    char answer[512];
    double ns[3][ROUNDS];
    struct fixed f[3] = {
        {.port = a->port, .request = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"},
        deciding(a, "small", "\"items\":2"),
        deciding(a, "entitled", "\"code\":\"R1\"")};
    f[0].len = strlen(f[0].request);
    if (daemon_ask(d, "POST", "/v1/registers/approval.catalogue", "row", row, sizeof row - 1,
                   answer, sizeof answer) != 200) {
        fprintf(stderr, "bench_service: %s\n", answer);
        return false;
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < 3; i++)
            if (!fixed_ns(&f[i], &ns[i][round]))
                return false;
    double still = median(ns[0], ROUNDS);
    struct bench_result small = {"decide", "static answer", median(ns[1], ROUNDS), still};
    struct bench_result read = {"decide", "static answer", median(ns[2], ROUNDS), still};
    bool ok = bench_time_at_most("decide over HTTP, 64 clients", "answer", &small, 2);
    return bench_time_at_most("the same with one row of a register", "answer", &read, 3) && ok;
}

/* ---- many limits past at once ---- */

/* Cases are opened as of ten days ago, so that their first limit, five working days, is past when banfad starts. */
static bool prepare_past(const char *dir, struct daemon *d, uint64_t duties) {
    char folder[64], database[96], image[96];
    snprintf(folder, sizeof folder, "%s/past", dir);
    snprintf(database, sizeof database, "%s/banfa.db", folder);
    snprintf(image, sizeof image, "%s/image", folder);
    return mkdir(folder, 0700) == 0 && daemon_make(d, folder) && daemon_stop(d) &&
           fill_database(database, image, duties, time(NULL) - DAYS_AGO * 86400) && daemon_start(d);
}

static bool fired_meanwhile(const struct daemon *d, struct side *ours, uint64_t duties,
                            double *seconds_taken) {
    uint64_t begun = bench_now_ns();
    double fired = 0, last = -1;
    for (int round = 0; fired < (double)duties && fired > last; round = (round + 1) % ROUNDS) {
        last = fired;
        if (!measure(ours, round, BATCH))
            return false;
        fired = counter(d, "banfad_duties_fired_total");
    }
    *seconds_taken = (double)(bench_now_ns() - begun) / 1e9;
    if (fired != (double)duties)
        printf("  %.0f limits fired, not %llu\n", fired, (unsigned long long)duties);
    return fired == (double)duties && counter(d, "banfad_duties_due") == 0;
}

static bool past_limits(const char *dir, uint64_t duties) {
    static struct approval clients;
    struct daemon d = {0};
    double took = 0;
    if (!prepare_past(dir, &d, duties))
        return false;
    clients.token = d.token;
    clients.port = d.port;
    struct side meanwhile = {.clients = &clients, .pid = d.pid}, after = meanwhile;
    bool ok = fired_meanwhile(&d, &meanwhile, duties, &took);
    for (int i = 0; i < ROUNDS; i++)
        ok = ok && measure(&after, i, BATCH);
    ok = ok && counter(&d, "banfad_duties_fired_total") == (double)duties;
    if (ok) {
        printf("%llu limits past at start: all fired in %.1f s, with 64 clients\n",
               (unsigned long long)duties, took);
        print_side("meanwhile", &meanwhile, BATCH);
        print_side("after", &after, BATCH);
        struct bench_result rate = {"limits", "steps without", took * 1e9 / (double)duties,
                                    median(after.ns, ROUNDS)};
        ok = bench_speed_at_least("limits past, 64 clients", "limit", &rate, 0.3);
        ok = limit("p99 meanwhile to p99 after",
                   median(meanwhile.p99, ROUNDS) / median(after.p99, ROUNDS), 5) &&
             ok;
    }
    return daemon_stop(&d) && ok;
}

/* ---- Restate, by hand ---- */

static bool against_restate(struct approval *restate, struct approval *ours) {
    double theirs[ROUNDS], us[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        struct load_result r;
        if (!approval_run(restate, BATCH, 4, &r))
            return false;
        theirs[i] = (double)r.answers / r.seconds;
        printf("  Restate: %.0f steps/s, p50 %.0f us, p99 %.0f us\n", theirs[i], r.p50_us,
               r.p99_us);
        if (!approval_run(ours, BATCH, 2, &r))
            return false;
        us[i] = (double)r.answers / r.seconds;
        printf("  banfad: %.0f steps/s, p50 %.0f us, p99 %.0f us\n", us[i], r.p50_us, r.p99_us);
    }
    double times = median(us, ROUNDS) / median(theirs, ROUNDS);
    printf("two approvals, 64 clients: %.1f times the steps/s of Restate (at least 15)%s\n", times,
           times >= 15 ? "" : "  MISSED");
    return times >= 15;
}

static bool run_all(const char *dir, struct daemon *d, struct approval *ours) {
    static struct approval clients = {.token = "none"};
    char path[96];
    snprintf(path, sizeof path, "%s/bare.db", dir);
    const char *bare_argv[] = {"tests/bench/bare_server", path, NULL};
    struct side bare = {.clients = &clients}, us = {.clients = ours, .pid = d->pid};
    bare.pid = start(bare_argv, &clients.port);
    bool ok = bare.pid > 0 && compare(dir, d, &bare, &us, "cold");
    if (ok || us.ns[ROUNDS - 1] > 0) {
        ok = with_open_cases(dir, d, &bare, &us) && ok;
        ok = compare_others(dir, &bare, &us) && ok;
        ok = decisions(d, ours) && ok;
    }
    ok = past_limits(dir, DUTIES) && ok;
    stop(bare.pid, SIGKILL);
    return ok;
}

int main(int argc, char **argv) {
    char dir[] = "/tmp/bench_service.XXXXXX", command[64];
    static struct approval ours;
    struct daemon d;
    if (!mkdtemp(dir))
        return 1;
    bool ok = daemon_make(&d, dir);
    ours.token = d.token;
    ours.port = d.port;
    if (ok && argc == 3 && strcmp(argv[1], "--restate") == 0) {
        static struct approval restate = {.restate = true};
        restate.port = (uint16_t)atoi(argv[2]);
        ok = against_restate(&restate, &ours);
    } else if (ok && argc == 2 && strcmp(argv[1], "--decide") == 0) {
        ok = decisions(&d, &ours);
    } else if (ok && argc == 3 && strcmp(argv[1], "--duties") == 0) {
        ok = past_limits(dir, strtoull(argv[2], NULL, 10));
    } else if (ok) {
        ok = run_all(dir, &d, &ours);
    }
    ok = d.pid && daemon_stop(&d) && ok;
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 && ok ? 0 : 1;
}
