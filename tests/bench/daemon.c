/* daemon: see daemon.h. The programs are those of the folder that is built in. */
#include "tests/bench/daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 1 << 16, TRIES = 1000, FLAG_BYTES = 96 };

static bool failed(const char *what, const char *why) {
    fprintf(stderr, "daemon: %s: %s\n", what, why);
    return false;
}

/* ---- processes ---- */

struct flags {
    char listen[FLAG_BYTES], database[FLAG_BYTES], data[FLAG_BYTES];
};

/* Rates are for people, not for what is measured. */
static void run(const struct daemon *d, const char *command, const char *log) {
    struct flags f;
    const char *argv[] = {"./banfad",
                          command,
                          f.database,
                          f.data,
                          f.listen,
                          "--token-rate=1000000",
                          "--token-burst=1000000",
                          NULL};
    snprintf(f.listen, sizeof f.listen, "--listen=127.0.0.1:%d", d->port);
    snprintf(f.database, sizeof f.database, "--database=%s/banfa.db", d->dir);
    snprintf(f.data, sizeof f.data, "--data=%s/data", d->dir);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(out, 1);
    dup2(out, 2);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

static bool ended_well(pid_t pid, const char *what) {
    int status = 0;
    if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return failed(what, "it did not end well");
}

static uint16_t free_port(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
              getsockname(fd, (struct sockaddr *)&at, &len) == 0;
    if (fd >= 0)
        close(fd);
    return ok ? ntohs(at.sin_port) : 0;
}

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

bool daemon_start(struct daemon *d) {
    char log[96], answer[256];
    snprintf(log, sizeof log, "%s/log", d->dir);
    d->port = free_port();
    d->pid = fork();
    if (d->pid == 0)
        run(d, "serve", log);
    for (int i = 0; d->pid > 0 && i < TRIES; i++) {
        if (daemon_ask(d, "GET", "/readyz", NULL, NULL, 0, answer, sizeof answer) == 200)
            return true;
        if (waitpid(d->pid, NULL, WNOHANG) == d->pid)
            break;
        pause_ms(10);
    }
    d->pid = 0;
    return failed("start", log);
}

bool daemon_stop(struct daemon *d) {
    pid_t pid = d->pid;
    d->pid = 0;
    return pid > 0 && kill(pid, SIGTERM) == 0 && ended_well(pid, "stop");
}

bool daemon_usage(pid_t pid, uint64_t *rss, uint64_t *cpu_us) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = '\0';
    const char *at = strrchr(text, ')'); /* the name may hold anything */
    unsigned long long user, system;
    long pages;
    if (!at || sscanf(at + 2,
                      "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d "
                      "%*d %*u %*u %ld",
                      &user, &system, &pages) != 3)
        return failed("usage", path);
    *rss = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
    *cpu_us = (uint64_t)(user + system) * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
    return true;
}

/* ---- asking ---- */

static int joined(const struct daemon *d) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%s/banfa.db.sock", d->dir);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool sent(int fd, const char *p, size_t len) {
    for (ssize_t n; len; p += n, len -= (size_t)n)
        if ((n = send(fd, p, len, MSG_NOSIGNAL)) <= 0)
            return false;
    return true;
}

int daemon_ask(const struct daemon *d, const char *method, const char *path, const char *key,
               const char *body, size_t len, char *answer, size_t size) {
    static char all[ANSWER_BYTES];
    char head[512];
    size_t have = 0;
    int fd = joined(d);
    int n = snprintf(head, sizeof head,
                     "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s%s%s"
                     "Content-Length: %zu\r\n\r\n",
                     method, path, key ? "Idempotency-Key: " : "", key ? key : "",
                     key ? "\r\n" : "", len);
    if (fd < 0)
        return 0;
    bool ok = sent(fd, head, (size_t)n) && sent(fd, body, len);
    for (ssize_t got;
         ok && have < sizeof all - 1 && (got = recv(fd, all + have, sizeof all - 1 - have, 0)) > 0;)
        have += (size_t)got;
    close(fd);
    all[have] = '\0';
    const char *end = strstr(all, "\r\n\r\n");
    snprintf(answer, size, "%s", end ? end + 4 : "");
    return end ? atoi(all + 9) : 0;
}

/* ---- making ---- */

#define APPLICANT "91410600MA22222224"
#define OFFICE "91410600MA33333332"
#define COUNCIL "91410600MA44444442"
#define DEPARTMENT(code, n) \
    "{\"id\":\"" code "\",\"json\":{\"name\":\"Department " n "\"},\"kind\":\"department\"}," \
    "{\"id\":\"p" n "\",\"json\":{\"acts\":true,\"department\":\"" code \
    "\",\"name\":\"Clerk\"},\"kind\":\"post\"}," \
    "{\"id\":\"h" n "\",\"json\":{\"person\":\"bench\",\"post\":\"p" n \
    "\"},\"kind\":\"holding\"},"
static const char people[] = "{\"rows\":[" DEPARTMENT(APPLICANT, "1") DEPARTMENT(OFFICE, "2")
    DEPARTMENT(COUNCIL, "3") "{\"id\":\"bench\",\"json\":{\"active\":true,\"name\":\"Bench\","
                             "\"operator\":false},\"kind\":\"person\"}]}";
static const char token[] = "{\"name\":\"bench\",\"person\":\"bench\"}";

static bool asked(struct daemon *d, const char *path, const char *key, const char *body, size_t len,
                  char *answer, size_t size) {
    int status = daemon_ask(d, "POST", path, key, body, len, answer, size);
    return (status >= 200 && status <= 299) || failed(path, answer);
}

/* The policy's image, compiled. */
static size_t image(const struct daemon *d, char *bytes, size_t size) {
    char command[512];
    const char *src = getenv("srcdir");
    snprintf(command, sizeof command,
             "./banfa compile %s/tests/bench/approval.banfa -o %s/image >%s/log 2>&1",
             src ? src : "..", d->dir, d->dir);
    if (system(command) != 0)
        return 0;
    snprintf(command, sizeof command, "%s/image", d->dir);
    FILE *f = fopen(command, "rb");
    size_t n = f ? fread(bytes, 1, size, f) : 0;
    if (f)
        fclose(f);
    return n;
}

static bool furnish(struct daemon *d) {
    static char bytes[1 << 20];
    char answer[1024];
    size_t len = image(d, bytes, sizeof bytes);
    const char *at;
    if (!len)
        return failed("compile", "the policy");
    if (!asked(d, "/v1/directory", "people", people, sizeof people - 1, answer, sizeof answer) ||
        !asked(d, "/v1/policies", "policy", bytes, len, answer, sizeof answer) ||
        !asked(d, "/v1/policies/approval/activation", "active", "", 0, answer, sizeof answer) ||
        !asked(d, "/v1/tokens", "token", token, sizeof token - 1, answer, sizeof answer))
        return false;
    at = strstr(answer, "bfd_");
    snprintf(d->token, sizeof d->token, "%.53s", at ? at : "");
    return at || failed("token", answer);
}

bool daemon_make(struct daemon *d, const char *dir) {
    char log[96];
    *d = (struct daemon){0};
    snprintf(d->dir, sizeof d->dir, "%s", dir);
    snprintf(log, sizeof log, "%s/log", dir);
    d->port = free_port();
    pid_t pid = fork();
    if (pid == 0)
        run(d, "init", log);
    return pid > 0 && ended_well(pid, "init") && daemon_start(d) && furnish(d);
}
