/* From sources to image in one call, and its two halves. */
#ifndef BF_COMPILE_H
#define BF_COMPILE_H

#include "lang/check/program.h"
#include "lang/image/image.h"

/* Lowers a program without errors. The bytes live in the program's arena. Scenarios are included if asked. */
void bf_lower(struct bf_program *p, bool scenarios, const uint8_t **bytes, size_t *size);

#endif
