/* bare_server FILE: the least that could do what banfad does for the steps of a two-approval case. Prints its port,
** serves until it is killed.
**
**     POST /v1/cases                   a case is opened: its number, from 1
**     POST /v1/cases/N/acts/approve    its next stage
**
** One thread has the sockets (epoll) and looks in a request for nothing but its end, its path and its key; one
** writes the rows of all that came meanwhile in one transaction (rows.h) and syncs. Then they are answered.
*/
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/store/rows.h"

enum { CLIENTS = 4096, BYTES = 16384, CASES = 1 << 23 };

struct request {
    int fd;
    char key[64];
    struct rows_step step;
};

static struct client {
    size_t len;
    char buf[BYTES + 1];
} * clients[CLIENTS];

/* Of each case its next stage and its last row. */
static uint8_t stage_of[CASES];
static uint64_t row_of[CASES];
static uint64_t cases, written_cases;

static struct request coming[CLIENTS], flying[CLIENTS];
static unsigned coming_count, flying_count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static bool writing;
static int written_fd, epoll;

static void die(const char *what) {
    fprintf(stderr, "bare_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- the writer ---- */

static void *write_all(void *ctx) {
    struct rows *rows = ctx;
    uint64_t one = 1;
    for (;;) {
        pthread_mutex_lock(&mutex);
        while (!writing)
            pthread_cond_wait(&more, &mutex);
        pthread_mutex_unlock(&mutex);
        rows_begin(rows);
        for (unsigned i = 0; i < flying_count; i++) {
            struct rows_step *s = &flying[i].step;
            s->before = row_of[s->number];
            s->key = flying[i].key;
            row_of[s->number] = rows_step(rows, s);
        }
        rows_commit(rows, written_cases);
        pthread_mutex_lock(&mutex);
        writing = false;
        pthread_mutex_unlock(&mutex);
        if (write(written_fd, &one, sizeof one) < 0)
            die("write");
    }
    return NULL;
}

/* ---- the sockets ---- */

static void answer(const struct request *q) {
    char out[1024], body[512];
    bool opened = q->step.stage == 0;
    int len =
        snprintf(body, sizeof body, "{\"case\":%llu,\"seq\":%llu,\"state\":\"%s\",\"facts\":[%*s]}",
                 (unsigned long long)q->step.number, (unsigned long long)row_of[q->step.number],
                 q->step.stage < 2 ? "reviewed" : "approved", 300, "");
    int head = snprintf(out, sizeof out,
                        "HTTP/1.1 %s\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\n"
                        "Content-Type: application/json\r\nX-Request-Id: 0000000000000000\r\n"
                        "Content-Length: %d\r\n\r\n%s",
                        opened ? "201 Created" : "200 OK", len, body);
    if (send(q->fd, out, (size_t)head, MSG_NOSIGNAL) < 0)
        close(q->fd);
}

static void hand_over(void) {
    if (flying_count || !coming_count)
        return;
    memcpy(flying, coming, coming_count * sizeof *coming);
    flying_count = coming_count;
    coming_count = 0;
    written_cases = cases;
    pthread_mutex_lock(&mutex);
    writing = true;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&mutex);
}

static void written(void) {
    uint64_t count;
    if (read(written_fd, &count, sizeof count) < 0)
        die("read");
    for (unsigned i = 0; i < flying_count; i++) {
        struct client *k = clients[flying[i].fd];
        k->len = 0;
        answer(&flying[i]);
    }
    flying_count = 0;
}

/* A whole request in the client's buffer; its bytes stay there until it is answered. */
static void take(int fd, struct client *k, const char *body, size_t len) {
    static const char opening[] = "POST /v1/cases", key[] = "Idempotency-Key: ";
    struct request *q = &coming[coming_count++];
    const char *at = k->buf + sizeof opening - 1, *named = strstr(k->buf, key);
    uint64_t number = *at == '/' ? strtoull(at + 1, NULL, 10) : ++cases;
    if (number > cases || number >= CASES || !named || coming_count == CLIENTS)
        die("request");
    size_t n = strcspn(named + sizeof key - 1, "\r");
    n = n < sizeof q->key ? n : sizeof q->key - 1;
    memcpy(q->key, named + sizeof key - 1, n);
    q->key[n] = '\0';
    q->fd = fd;
    q->step = (struct rows_step){.number = number,
                                 .stage = stage_of[number]++,
                                 .principal = "bench",
                                 .text = body,
                                 .len = len};
}

static void hear(int fd) {
    struct client *k = clients[fd];
    ssize_t n = recv(fd, k->buf + k->len, BYTES - k->len, 0);
    if (n <= 0) {
        close(fd);
        return;
    }
    k->len += (size_t)n;
    k->buf[k->len] = '\0';
    const char *end = strstr(k->buf, "\r\n\r\n");
    const char *length = end ? strstr(k->buf, "Content-Length: ") : NULL;
    size_t body = length ? strtoul(length + 16, NULL, 10) : 0;
    if (end && (size_t)(k->buf + k->len - end) >= body + 4)
        take(fd, k, end + 4, body);
}

static void watch(int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
        die("epoll_ctl");
}

static void join(int listener) {
    int on = 1, fd = accept(listener, NULL, NULL);
    if (fd < 0 || fd >= CLIENTS)
        die("accept");
    if (!clients[fd] && !(clients[fd] = malloc(sizeof *clients[fd])))
        die("malloc");
    clients[fd]->len = 0;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(fd);
}

static int listen_somewhere(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) ||
        listen(listener, 1024) || getsockname(listener, (struct sockaddr *)&at, &len))
        die("listen");
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    return listener;
}

int main(int argc, char **argv) {
    struct epoll_event events[256];
    pthread_t writer;
    if (argc != 2)
        return 2;
    struct rows *rows = rows_open(argv[1]);
    written_fd = eventfd(0, EFD_CLOEXEC);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_somewhere();
    watch(listener);
    watch(written_fd);
    if (pthread_create(&writer, NULL, write_all, rows))
        die("pthread_create");
    for (;;) {
        int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener)
                join(fd);
            else if (fd == written_fd)
                written();
            else
                hear(fd);
        }
        hand_over();
    }
}
