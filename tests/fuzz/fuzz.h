/* fuzz: what a fuzz target includes. One target is one file fuzz_NAME.c with the function below.
**
** --enable-fuzz (clang) links it with libFuzzer. Otherwise tests/fuzz/rerun.c feeds it the kept
** corpus, tests/fuzz/corpus/NAME, in `make check`.
*/
#ifndef BF_FUZZ_H
#define BF_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input: libFuzzer and rerun both take an abort as a finding. */
#define FUZZ_CHECK(x) \
    ((x) ? (void)0 : (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x), abort()))

#endif
