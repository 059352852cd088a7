#include "emulator/module.h"

#include "emulator/aithinker/modules.h"
#include "emulator/quectel/modules.h"

#include <stddef.h>

const struct emu_module *const *emu_modules(void)
{
    static const struct emu_module *const modules[] = {&quectel_ec200u, &quectel_ec200a, &aithinker_wb2,
                                                       NULL};
    return modules;
}
