#include "tests/bench/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"

struct client {
    int fd;
    unsigned number;
    uint64_t asked_ns;
    size_t len;
    char buf[LOAD_BYTES];
};

struct run {
    const struct load *load;
    struct load_result *result;
    uint32_t *took_ns;
    size_t took_cap;
};

static bool failed(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, errno ? strerror(errno) : "not as expected");
    return false;
}

static bool ask(struct run *r, struct client *k) {
    char request[LOAD_BYTES];
    size_t len = r->load->next(r->load->ctx, k->number, request), sent = 0;
    k->len = 0;
    k->asked_ns = bench_now_ns();
    while (sent < len) { /* blocking: requests are small */
        ssize_t n = send(k->fd, request + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return failed("send");
        sent += (size_t)n;
    }
    return true;
}

/* Length of the answer's head, 0 if it has not come whole. */
static size_t head_of(const struct client *k, size_t *body_len) {
    const char *end = memmem(k->buf, k->len, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end + 4 - k->buf);
    const char *length = strcasestr(k->buf, "\r\nContent-Length: ");
    *body_len = length && length < end ? strtoul(length + 18, NULL, 10) : 0;
    return head;
}

static bool count(struct run *r, struct client *k, size_t head, size_t body_len) {
    struct load_result *result = r->result;
    int status = atoi(k->buf + 9);
    if (result->answers == r->took_cap) {
        size_t cap = r->took_cap ? r->took_cap * 2 : 1 << 16;
        uint32_t *took = realloc(r->took_ns, cap * sizeof *took);
        if (!took)
            return failed("realloc");
        r->took_ns = took;
        r->took_cap = cap;
    }
    uint64_t took = bench_now_ns() - k->asked_ns;
    r->took_ns[result->answers++] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
    result->refused += status < 200 || status > 299;
    if (r->load->answer)
        r->load->answer(r->load->ctx, k->number, status, k->buf + head, body_len);
    return true;
}

static bool hear(struct run *r, struct client *k) {
    ssize_t n = recv(k->fd, k->buf + k->len, sizeof k->buf - 1 - k->len, 0);
    if (n <= 0)
        return failed("recv");
    k->len += (size_t)n;
    k->buf[k->len] = '\0';
    size_t body_len, head = head_of(k, &body_len);
    if (head ? head + body_len >= sizeof k->buf : k->len == sizeof k->buf - 1)
        return failed("the answer is too long");
    if (!head || k->len < head + body_len)
        return true;
    return count(r, k, head, body_len) && ask(r, k);
}

static bool join(struct run *r, struct client *k, int epoll) {
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(r->load->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = k};
    int on = 1;
    k->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (k->fd < 0 || connect(k->fd, (struct sockaddr *)&at, sizeof at))
        return failed("connect");
    setsockopt(k->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, k->fd, &event))
        return failed("epoll_ctl");
    return ask(r, k);
}

static bool serve(struct run *r, int epoll) {
    uint64_t begun = bench_now_ns(), now = begun;
    uint64_t until = begun + (uint64_t)(r->load->seconds * 1e9);
    uint64_t most = r->load->at_most ? r->load->at_most : UINT64_MAX;
    while (now < until && r->result->answers < most) {
        struct epoll_event events[64];
        int n = epoll_wait(epoll, events, 64, 5000);
        if (n <= 0)
            return failed("no answer for 5 s");
        for (int i = 0; i < n; i++)
            if (!hear(r, events[i].data.ptr))
                return false;
        now = bench_now_ns();
    }
    r->result->seconds = (double)(now - begun) / 1e9;
    return true;
}

static int by_size(const void *x, const void *y) {
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

static void summarise(struct run *r) {
    size_t n = r->result->answers;
    if (!n)
        return;
    qsort(r->took_ns, n, sizeof *r->took_ns, by_size);
    r->result->p50_us = r->took_ns[n / 2] / 1e3;
    r->result->p99_us = r->took_ns[n - 1 - n / 100] / 1e3;
    r->result->max_us = r->took_ns[n - 1] / 1e3;
}

bool load_run(const struct load *load, struct load_result *result) {
    struct run r = {.load = load, .result = result};
    struct client *clients = calloc(load->clients, sizeof *clients);
    int epoll = epoll_create1(0);
    bool ok = clients && epoll >= 0;
    *result = (struct load_result){0};
    errno = 0;
    for (unsigned i = 0; clients && i < load->clients; i++)
        clients[i] = (struct client){.fd = -1, .number = i};
    for (unsigned i = 0; ok && i < load->clients; i++)
        ok = join(&r, &clients[i], epoll);
    ok = ok && serve(&r, epoll);
    summarise(&r);
    for (unsigned i = 0; clients && i < load->clients; i++)
        if (clients[i].fd >= 0)
            close(clients[i].fd);
    if (epoll >= 0)
        close(epoll);
    free(clients);
    free(r.took_ns);
    return ok;
}
