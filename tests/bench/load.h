/* load: keep-alive HTTP clients on one thread, each asking again as soon as it is answered.
**
** The clients are epoll and a few lines of parsing, so that what is measured is the server. They share
** the processors with it, as every figure that is reported from here does.
*/
#ifndef BF_LOAD_H
#define BF_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOAD_BYTES = 16384 }; /* of a request, and of an answer */

struct load {
    uint16_t port;
    unsigned clients;
    double seconds;
    uint64_t at_most; /* answers; 0: as many as there are */
    void *ctx;
    /* Writes the next request of a client; its length. */
    size_t (*next)(void *ctx, unsigned client, char buf[LOAD_BYTES]);
    /* Sees each answer, or NULL. */
    void (*answer)(void *ctx, unsigned client, int status, const char *body, size_t len);
};

struct load_result {
    double seconds;
    uint64_t answers, refused; /* refused: not 2xx, among the answers */
    double p50_us, p99_us, max_us;
};

bool load_run(const struct load *load,
              struct load_result *result); /* false, and says what failed */

#endif
