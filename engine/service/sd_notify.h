/* Sd_notify: tells the service manager how the service is, by datagrams to $NOTIFY_SOCKET.
**
** The protocol (sd_notify(3)) is small enough to need no library. No call blocks: a manager that does not read
** loses the datagram, and the call says so. Without a socket every call does nothing and is true.
*/
#ifndef BF_SD_NOTIFY_H
#define BF_SD_NOTIFY_H

#include <stdbool.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "lang/base/error.h"
#include "lang/base/text.h"

struct bf_sd {
    int fd; /* -1: nobody to tell */
    struct sockaddr_un to;
    socklen_t to_len;
};

/* socket: the value of NOTIFY_SOCKET, a path or "@name" of the abstract space; NULL or empty: nobody to tell. */
enum bf_err bf_sd_open(struct bf_sd *sd, const char *socket, struct bf_error *e);
void bf_sd_close(struct bf_sd *sd);

bool bf_sd_ready(struct bf_sd *sd); /* started, or reloaded */
/* A reload begins; bf_sd_ready ends it. The time is of CLOCK_MONOTONIC. */
bool bf_sd_reloading(struct bf_sd *sd, int64_t monotonic_us);
bool bf_sd_stopping(struct bf_sd *sd);
bool bf_sd_watchdog(struct bf_sd *sd); /* still alive */
bool bf_sd_status(struct bf_sd *sd,
                  bf_str status); /* one line for people; control characters become blanks */

/* From WATCHDOG_USEC and WATCHDOG_PID (either may be NULL): within how long bf_sd_watchdog must be called again,
** in microseconds; 0: the manager does not watch this process. */
int64_t bf_sd_watchdog_us(const char *usec, const char *pid, int64_t self);

#endif
