/* sd_notify: one datagram a message. */
#include "engine/service/sd_notify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_MAX = 512 };

enum bf_err bf_sd_open(struct bf_sd *sd, const char *socket_name, struct bf_error *e) {
    *sd = (struct bf_sd){.fd = -1};
    size_t len = socket_name ? strlen(socket_name) : 0;
    if (len == 0)
        return BF_OK;
    bool abstract = socket_name[0] == '@';
    if ((!abstract && socket_name[0] != '/') || len < 2 || len >= sizeof sd->to.sun_path)
        return bf_fail(e, BF_EFORMAT, "NOTIFY_SOCKET is neither an absolute path nor @name: %.100s",
                       socket_name);
    sd->to.sun_family = AF_UNIX;
    memcpy(sd->to.sun_path, socket_name, len);
    if (abstract)
        sd->to.sun_path[0] = 0; /* and its length is what ends it */
    sd->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + !abstract);
    sd->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sd->fd < 0)
        return bf_fail(e, BF_EIO, "NOTIFY_SOCKET: %s", strerror(errno));
    return BF_OK;
}

void bf_sd_close(struct bf_sd *sd) {
    if (sd->fd >= 0)
        close(sd->fd);
    sd->fd = -1;
}

static bool tell(struct bf_sd *sd, const char *text, size_t len) {
    if (sd->fd < 0)
        return true;
    ssize_t sent;
    do {
        sent = sendto(sd->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT,
                      (const struct sockaddr *)&sd->to, sd->to_len);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)len;
}

static bool tell_z(struct bf_sd *sd, const char *text) { return tell(sd, text, strlen(text)); }

bool bf_sd_ready(struct bf_sd *sd) { return tell_z(sd, "READY=1"); }

bool bf_sd_reloading(struct bf_sd *sd, int64_t monotonic_us) {
    char text[64];
    int len =
        snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)monotonic_us);
    return tell(sd, text, (size_t)len);
}

bool bf_sd_stopping(struct bf_sd *sd) { return tell_z(sd, "STOPPING=1"); }

bool bf_sd_watchdog(struct bf_sd *sd) { return tell_z(sd, "WATCHDOG=1"); }

bool bf_sd_status(struct bf_sd *sd, bf_str status) {
    char text[STATUS_MAX] = "STATUS=";
    size_t len = strlen(text);
    for (const char *p = status.p, *end = p + status.len; p < end;) {
        uint32_t cp;
        int n = bf_utf8_decode(p, end, &cp);
        if (len + (size_t)(n ? n : 1) > sizeof text)
            break; /* cut between characters */
        if (n == 0 || cp < 0x20 || cp == 0x7F)
            text[len++] = ' '; /* a newline would begin another assignment */
        else
            memcpy(text + len, p, (size_t)n), len += (size_t)n;
        p += n ? n : 1;
    }
    return tell(sd, text, len);
}

/* Decimal digits only, above 0; else 0. */
static int64_t positive(const char *z) {
    int64_t n = 0;
    if (!z || !*z)
        return 0;
    for (; *z; z++)
        if (*z < '0' || *z > '9' || __builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, *z - '0', &n))
            return 0;
    return n;
}

int64_t bf_sd_watchdog_us(const char *usec, const char *pid, int64_t self) {
    return pid && positive(pid) != self ? 0 : positive(usec);
}
