/* Citations and Chinese numerals; see cite.h. */
#include "lang/base/cite.h"

#include <string.h>

static const char *const zh_digit[] = {"〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"};

static void zh_below_10000(struct bf_buf *out, uint32_t n, bool leading_zero) {
    static const struct {
        uint32_t value;
        const char *word;
    } place[] = {{1000, "千"}, {100, "百"}, {10, "十"}};
    bool zero = leading_zero, written = leading_zero;
    for (size_t i = 0; i < 3; i++) {
        uint32_t digit = n / place[i].value % 10;
        if (digit == 0) {
            zero = written;
            continue;
        }
        if (zero && written)
            bf_buf_z(out, "零");
        zero = false;
        /* 十五, not 一十五, at the very start */
        if (!(place[i].value == 10 && digit == 1 && !written))
            bf_buf_z(out, zh_digit[digit]);
        bf_buf_z(out, place[i].word);
        written = true;
    }
    if (n % 10) {
        if (zero && written)
            bf_buf_z(out, "零");
        bf_buf_z(out, zh_digit[n % 10]);
    }
}

void bf_zh_number(struct bf_buf *out, uint32_t n) {
    if (n == 0) {
        bf_buf_z(out, "零");
        return;
    }
    if (n >= 10000) {
        zh_below_10000(out, n / 10000, false);
        bf_buf_z(out, "万");
        n %= 10000;
        if (n)
            zh_below_10000(out, n, n < 1000);
    } else {
        zh_below_10000(out, n, false);
    }
}

static int zh_digit_of(const char *p, const char *end) {
    static const char *const more[] = {"零", "壹", "贰", "两"};
    static const int more_value[] = {0, 1, 2, 2};
    if (end - p < 3)
        return -1;
    for (int i = 0; i < 10; i++)
        if (memcmp(p, zh_digit[i], 3) == 0)
            return i;
    for (int i = 0; i < 4; i++)
        if (memcmp(p, more[i], 3) == 0)
            return more_value[i];
    return -1;
}

static uint32_t zh_place_of(const char *p, const char *end) {
    if (end - p < 3)
        return 0;
    if (memcmp(p, "十", 3) == 0)
        return 10;
    if (memcmp(p, "百", 3) == 0)
        return 100;
    if (memcmp(p, "千", 3) == 0)
        return 1000;
    if (memcmp(p, "万", 3) == 0)
        return 10000;
    return 0;
}

uint32_t bf_zh_number_read(const char *p, const char *end, uint32_t *n) {
    const char *begin = p;
    uint64_t total = 0, section = 0, digit = 0;
    bool pending = false; /* a digit not yet multiplied by its place */
    for (; p < end; p += 3) {
        int d = zh_digit_of(p, end);
        uint32_t place = d < 0 ? zh_place_of(p, end) : 0;
        if (d >= 0) {
            digit = pending ? digit * 10 + (uint64_t)d : (uint64_t)d; /* 二〇二一 */
            pending = true;
        } else if (place == 10000) {
            total += (section + digit) * 10000;
            section = digit = 0;
            pending = false;
        } else if (place) {
            section += (pending || place != 10 ? digit : 1) * place;
            digit = 0;
            pending = false;
        } else {
            break;
        }
        if (total + section + digit > 99999999)
            return 0;
    }
    if (p == begin)
        return 0;
    *n = (uint32_t)(total + section + digit);
    return (uint32_t)(p - begin);
}

void bf_cite_zh(struct bf_buf *out, struct bf_cite c) {
    bf_buf_z(out, "第");
    bf_zh_number(out, c.article);
    bf_buf_z(out, "条");
    if (c.suffix) {
        bf_buf_z(out, "之");
        bf_zh_number(out, c.suffix);
    }
    if (c.paragraph) {
        bf_buf_z(out, "第");
        bf_zh_number(out, c.paragraph);
        bf_buf_z(out, "款");
    }
    if (c.item) {
        bf_buf_z(out, "第");
        bf_zh_number(out, c.item);
        bf_buf_z(out, "项");
    }
}

/* a … z, then aa, ab …: 之一 is a. */
static void letters(struct bf_buf *out, uint32_t n) {
    if (n > 26)
        letters(out, (n - 1) / 26);
    bf_buf_char(out, (char)('a' + (n - 1) % 26));
}

void bf_cite_en(struct bf_buf *out, struct bf_cite c) {
    bf_buf_fmt(out, "article %u", c.article);
    if (c.suffix)
        letters(out, c.suffix);
    if (c.paragraph)
        bf_buf_fmt(out, "(%u)", c.paragraph);
    if (c.item)
        bf_buf_fmt(out, "(%u)", c.item);
}

void bf_cite_code(struct bf_buf *out, struct bf_cite c) {
    bf_buf_fmt(out, "%u", c.article);
    if (c.suffix)
        letters(out, c.suffix);
    if (c.paragraph || c.item)
        bf_buf_fmt(out, ".%u", c.paragraph);
    if (c.item)
        bf_buf_fmt(out, ".%u", c.item);
}
