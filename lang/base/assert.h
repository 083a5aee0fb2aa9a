/* BF_ASSERT: our own bug. Always compiled in: better to die than to write a doubtful row. */
#ifndef BF_ASSERT_H
#define BF_ASSERT_H

_Noreturn void bf_assert_failed(const char *what, const char *file, int line);
#define BF_ASSERT(x) ((x) ? (void)0 : bf_assert_failed(#x, __FILE__, __LINE__))

#endif
