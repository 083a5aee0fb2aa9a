/* bench: a static answer over keep-alive connections, against the least that can answer: epoll, a search
** for the end of the head, and the same bytes back. Both are processes of their own beside the clients.
*/
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/load.h"

enum { ROUNDS = 5 };
static const double seconds = 0.4;
static const char request[] = "GET /static HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n"
                              "User-Agent: bench\r\n\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\n"
                             "Content-Type: text/plain\r\nX-Request-Id: 0000000000000000\r\n"
                             "Content-Length: 7\r\n\r\nstatic\n";

/* What a connection of the baseline has said of its next request is its last four bytes. */
static void answer_all(int fd, uint32_t *tail) {
    char buf[16384];
    ssize_t n = recv(fd, buf, sizeof buf, 0);
    if (n <= 0) {
        close(fd);
        return;
    }
    for (ssize_t i = 0; i < n; i++) {
        *tail = *tail << 8 | (unsigned char)buf[i];
        if (*tail == 0x0d0a0d0a && send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0)
            return;
    }
}

static void baseline(int listener) {
    static uint32_t tails[4096];
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[256];
    int epoll = epoll_create1(0), on = 1;
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd != listener) {
                answer_all(fd, &tails[fd]);
                continue;
            }
            event.data.fd = accept(listener, NULL, NULL);
            if (event.data.fd < 0 || event.data.fd >= 4096)
                _exit(1);
            tails[event.data.fd] = 0;
            setsockopt(event.data.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
        }
    }
}

static pid_t start_baseline(uint16_t *port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) ||
        listen(listener, 1024) || getsockname(listener, (struct sockaddr *)&at, &len))
        return -1;
    *port = ntohs(at.sin_port);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        baseline(listener);
    }
    close(listener);
    return pid;
}

/* The server of tests/service, from the folder that is built in. */
static pid_t start_ours(uint16_t *port) {
    int out[2];
    char text[16] = "";
    if (pipe(out))
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], 1);
        execl("tests/service/http_server", "http_server", "16384", "10000", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    if (pid > 0 && read(out[0], text, sizeof text - 1) > 0)
        *port = (uint16_t)atoi(text);
    close(out[0]);
    return *port ? pid : -1;
}

static size_t next(void *ctx, unsigned client, char buf[LOAD_BYTES]) {
    (void)ctx;
    (void)client;
    memcpy(buf, request, sizeof request - 1);
    return sizeof request - 1;
}

static int by_value(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static bool compare(unsigned clients, uint16_t ours, uint16_t bare, double share) {
    double ns[2][ROUNDS], p99[2][ROUNDS];
    for (int round = 0; round < ROUNDS; round++)
        for (int side = 0; side < 2; side++) {
            struct load load = {
                .port = side ? bare : ours, .clients = clients, .seconds = seconds, .next = next};
            struct load_result r;
            if (!load_run(&load, &r) || !r.answers || r.refused)
                return false;
            ns[side][round] = r.seconds * 1e9 / (double)r.answers;
            p99[side][round] = r.p99_us;
        }
    for (int side = 0; side < 2; side++) {
        qsort(ns[side], ROUNDS, sizeof(double), by_value);
        qsort(p99[side], ROUNDS, sizeof(double), by_value);
    }
    char title[64];
    snprintf(title, sizeof title, "HTTP, %u clients", clients);
    struct bench_result r = {"http_server", "epoll", ns[0][ROUNDS / 2], ns[1][ROUNDS / 2]};
    printf("  p99 %.0f us, epoll %.0f us\n", p99[0][ROUNDS / 2], p99[1][ROUNDS / 2]);
    return bench_speed_at_least(title, "answer", &r, share);
}

static void stop(pid_t pid, int number) {
    if (pid > 0) {
        kill(pid, number);
        waitpid(pid, NULL, 0);
    }
}

int main(void) {
    uint16_t ours_port = 0, bare_port = 0;
    pid_t bare = start_baseline(&bare_port), ours = start_ours(&ours_port);
    bool ok = bare > 0 && ours > 0;
    if (!ok)
        fprintf(stderr, "bench_http: a server does not start\n");
    static const unsigned clients[] = {1, 64, 256};
    for (int i = 0; i < 3 && bare > 0 && ours > 0; i++)
        ok = compare(clients[i], ours_port, bare_port, 0.5) && ok;
    stop(ours, SIGTERM);
    stop(bare, SIGKILL);
    return ok ? 0 : 1;
}
