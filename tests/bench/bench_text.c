/* bench_text: checking that a source is UTF-8, against reading each of its bytes once. The check is
** done to every byte that is compiled. */
#include <stdio.h>
#include <string.h>

#include "lang/base/text.h"
#include "tests/bench/bench.h"

enum { SIZE = 16 << 20 };
static char text[SIZE];

static void check(void *ctx) {
    (void)ctx;
    bench_keep(bf_utf8_check(text, SIZE));
}

static void read_bytes(void *ctx) {
    (void)ctx;
    for (size_t i = 0; i < SIZE; i++)
        bench_keep((unsigned char)text[i]);
}

int main(void) {
    static const char line[] = "    提供部门应当自启动之日起5个工作日内答复 {   # at most 5 days\n";
    size_t len = sizeof line - 1, at = 0;
    for (; at + len <= SIZE; at += len)
        memcpy(text + at, line, len);
    memset(text + at, '\n', SIZE - at);
    if (bf_utf8_check(text, SIZE) != SIZE) {
        fprintf(stderr, "bench_text: the text is not UTF-8\n");
        return 1;
    }
    struct bench_side ours = {"bf_utf8_check", check, NULL, SIZE};
    struct bench_side bare = {"byte loop", read_bytes, NULL, SIZE};
    struct bench_result r = bench_compare(&ours, &bare, 15);
    return bench_time_at_most("UTF-8 check, half Chinese", "byte", &r, 2.0) ? 0 : 1;
}
