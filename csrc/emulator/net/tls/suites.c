#include "emulator/net/tls/suites.h"

#include "emulator/alloc.h"

#include <string.h>

/* Common builds of OpenSSL support 13 of these: no RC4 or 3DES, and static ECDH was removed in 1.1.0.
 * Unsupported names leave the list empty, and the handshake fails. */
static const struct emu_suite suites[] = {
    {0x0035, "AES256-SHA"},
    {0x002f, "AES128-SHA"},
    {0x0005, "RC4-SHA"},
    {0x0004, "RC4-MD5"},
    {0x000a, "DES-CBC3-SHA"},
    {0x003d, "AES256-SHA256"},
    {0xc002, "ECDH-ECDSA-RC4-SHA"},
    {0xc003, "ECDH-ECDSA-DES-CBC3-SHA"},
    {0xc004, "ECDH-ECDSA-AES128-SHA"},
    {0xc005, "ECDH-ECDSA-AES256-SHA"},
    {0xc007, "ECDHE-ECDSA-RC4-SHA"},
    {0xc008, "ECDHE-ECDSA-DES-CBC3-SHA"},
    {0xc009, "ECDHE-ECDSA-AES128-SHA"},
    {0xc00a, "ECDHE-ECDSA-AES256-SHA"},
    {0xc011, "ECDHE-RSA-RC4-SHA"},
    {0xc012, "ECDHE-RSA-DES-CBC3-SHA"},
    {0xc013, "ECDHE-RSA-AES128-SHA"},
    {0xc014, "ECDHE-RSA-AES256-SHA"},
    {0xc00c, "ECDH-RSA-RC4-SHA"},
    {0xc00d, "ECDH-RSA-DES-CBC3-SHA"},
    {0xc00e, "ECDH-RSA-AES128-SHA"},
    {0xc00f, "ECDH-RSA-AES256-SHA"},
    {0xc023, "ECDHE-ECDSA-AES128-SHA256"},
    {0xc024, "ECDHE-ECDSA-AES256-SHA384"},
    {0xc025, "ECDH-ECDSA-AES128-SHA256"},
    {0xc026, "ECDH-ECDSA-AES256-SHA384"},
    {0xc027, "ECDHE-RSA-AES128-SHA256"},
    {0xc028, "ECDHE-RSA-AES256-SHA384"},
    {0xc029, "ECDH-RSA-AES128-SHA256"},
    {0xc02a, "ECDH-RSA-AES256-SHA384"},
    {0xc02f, "ECDHE-RSA-AES128-GCM-SHA256"},
    {0xc030, "ECDHE-RSA-AES256-GCM-SHA384"},
};

enum {
    COUNT = sizeof suites / sizeof *suites
};

const struct emu_suite *emu_suites(size_t *count)
{
    *count = COUNT;
    return suites;
}

bool emu_suite_is_known(unsigned code)
{
    for (size_t i = 0; i < COUNT; i++)
        if (suites[i].code == code)
            return true;
    return code == EMU_SUITES_ALL;
}

char *emu_suite_list(unsigned code)
{
    char *list = emu_alloc(COUNT * 32), *to = list;
    for (size_t i = 0; i < COUNT; i++) {
        if (code != EMU_SUITES_ALL && code != suites[i].code)
            continue;
        if (to > list)
            *to++ = ':';
        to = stpcpy(to, suites[i].name);
    }
    return list;
}
