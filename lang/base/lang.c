/* lang: which language the user reads. Only the names in the environment are looked at: a bare
** Debian has no locale installed, so setlocale would not tell. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lang/base/diag.h"

/* "zh", "zh_CN.UTF-8", "zh-Hans", "EN", "en_GB@euro"; len bytes of s. */
static bool recognise(const char *s, size_t len, enum bf_lang *lang) {
    if (len < 2 || (len > 2 && !strchr("_-.@", s[2])))
        return false;
    if (strncasecmp(s, "zh", 2) != 0 && strncasecmp(s, "en", 2) != 0)
        return false;
    *lang = strncasecmp(s, "zh", 2) == 0 ? BF_LANG_ZH : BF_LANG_EN;
    return true;
}

bool bf_lang_choose(const char *flag, enum bf_lang *lang) {
    static const char *const locale[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    if (flag)
        return recognise(flag, strlen(flag), lang);
    const char *wish = getenv("LANGUAGE"); /* a list, the dearest first */
    while (wish && *wish) {
        size_t len = strcspn(wish, ":");
        if (recognise(wish, len, lang))
            return true;
        wish += len + (wish[len] == ':');
    }
    *lang = BF_LANG_EN;
    for (size_t i = 0; i < sizeof locale / sizeof *locale; i++) {
        const char *name = getenv(locale[i]);
        if (name && *name) { /* the first that is set decides, also if we do not speak it */
            recognise(name, strlen(name), lang);
            return true;
        }
    }
    return true;
}
