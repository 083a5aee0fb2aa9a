/* From a checked program to the bytes of its image. */
#ifndef BF_COMPILE_H
#define BF_COMPILE_H

#include "lang/check/program.h"
#include "lang/image/image.h"

/* Lowers a program without errors. The bytes live in the program's arena. Scenarios are included if asked.
** False, with a diagnostic: the policy goes beyond what an image may hold. Otherwise the image is proved:
** bf_image_load takes it. */
bool bf_lower(struct bf_program *p, bool scenarios, const uint8_t **bytes, size_t *size);

#endif
