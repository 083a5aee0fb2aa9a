/* Random: bytes of the system's random source, fetched by the page: a call of the system for each row and request
** would be felt. For the loop's thread. What was given is not kept. */
#ifndef BF_RANDOM_H
#define BF_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void bf_random(uint8_t *out, size_t n);

#endif
