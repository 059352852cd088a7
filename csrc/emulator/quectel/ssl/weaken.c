/* What another program sets of an SSL context: less than the verification of a server needs. */
#include "emulator/quectel/quectel.h"
#include "emulator/quectel/ssl/ssl.h"
#include "emulator/world/random.h"

#include <string.h>
#include <strings.h>

/* Of an opening: nobody could notice what changes after the settings have been read back. */
static const char *const openings[] = {"AT+QSSLCFG", "AT+QSSLOPEN", "AT+QFTP", "AT+CCLK"};

static bool is_of_opening(const char *line)
{
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++)
        if (strncasecmp(line, openings[i], strlen(openings[i])) == 0)
            return true;
    return false;
}

static void set_weak(struct quectel_ssl_context *context, unsigned which)
{
    switch (which) {
    case 0:
        context->ignorecertitem = 1048575;
        break;
    case 1:
        context->ignorelocaltime = 1;
        break;
    case 2:
        context->ignoreinvalidcertsign = 1;
        break;
    case 3:
        context->ignoremulticertchainverify = 1;
        break;
    case 4:
        context->session_cache = 1;
        break;
    case 5:
        context->sni = 0;
        break;
    case 6:
        memcpy(context->cacert, "UFS:other.pem", sizeof "UFS:other.pem");
        break;
    case 7:
        context->sslversion = 4;
        break;
    default:
        context->seclevel = 0;
        break;
    }
}

bool quectel_ssl_weaken(struct emu *emu, const char *line, struct emu_random *random)
{
    static const unsigned contexts[] = {0, 0, 0, 1, 2};
    if (is_of_opening(line))
        return false;
    unsigned context = contexts[emu_random_between(random, 0, 4)];
    set_weak(&quectel_of(emu)->ssl->contexts[context], emu_random_between(random, 0, 9));
    return true;
}
