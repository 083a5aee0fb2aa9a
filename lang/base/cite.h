/* Citations as people write them: 第十五条之一第二款第（三）项; article 15a(2)(3); @15a.2.3.
**
** Articles are numbered from 1; paragraph and item 0 mean "not given". The suffix is the n of 之n, an
** article inserted later (a is 之一).
*/
#ifndef BF_CITE_H
#define BF_CITE_H

#include "lang/base/text.h"

struct bf_cite {
    uint16_t article, suffix, paragraph, item;
};

static inline int64_t bf_cite_pack(struct bf_cite c) {
    return (int64_t)((uint64_t)c.article << 48 | (uint64_t)c.suffix << 32 |
                     (uint64_t)c.paragraph << 16 | c.item);
}
static inline struct bf_cite bf_cite_unpack(int64_t n) {
    uint64_t u = (uint64_t)n;
    return (struct bf_cite){(uint16_t)(u >> 48), (uint16_t)(u >> 32), (uint16_t)(u >> 16),
                            (uint16_t)u};
}

void bf_cite_zh(struct bf_buf *out, struct bf_cite c);   /* 第十五条第一款第六项 */
void bf_cite_en(struct bf_buf *out, struct bf_cite c);   /* article 15(1)(6) */
void bf_cite_code(struct bf_buf *out, struct bf_cite c); /* 15.1.6 */

/* A number below 100,000,000 in Chinese: 二十一, 一百零三. */
void bf_zh_number(struct bf_buf *out, uint32_t n);
/* The other way: 十, 二十一, 一百零三, 二〇二一, 两. 0 bytes read means it is none; returns how many were. */
uint32_t bf_zh_number_read(const char *p, const char *end, uint32_t *n);

#endif
