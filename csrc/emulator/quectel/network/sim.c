/* The SIM: 27.007 8.3 and 7.4; +QUSIM and +QINISTAT of the AT manual. */
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/errors.h"
#include "emulator/quectel/network/network.h"
#include "emulator/quectel/quectel.h"

#include <string.h>

enum {
    PIN_TRIES = 3,
    PUK_TRIES = 10,
};

enum emu_sim quectel_sim(const struct quectel *quectel)
{
    const struct quectel_network *network = quectel->network;
    if (quectel->world.sim != EMU_SIM_PIN)
        return quectel->world.sim;
    if (network->wrong_pins >= PIN_TRIES)
        return EMU_SIM_PUK;
    return network->unlocked ? EMU_SIM_READY : EMU_SIM_PIN;
}

/* How a state is reported: by AT+CPIN?, where `word` is NULL by the error; and by commands that need the
 * card. */
static const struct state {
    const char *word, *urc;
    int error;
} states[] = {
    [EMU_SIM_READY] = {"READY", "READY", 0},
    [EMU_SIM_ABSENT] = {NULL, "NOT INSERTED", QUECTEL_CME_NO_SIM},
    [EMU_SIM_PIN] = {"SIM PIN", "SIM PIN", QUECTEL_CME_PIN_REQUIRED},
    [EMU_SIM_PUK] = {"SIM PUK", "SIM PUK", QUECTEL_CME_PUK_REQUIRED},
    [EMU_SIM_PIN2] = {"SIM PIN2", "SIM PIN2", 0},
    [EMU_SIM_PUK2] = {"SIM PUK2", "SIM PUK2", 0},
    [EMU_SIM_LOCKED_TO_CARD] = {"PH-SIM PIN", "PH-SIM PIN", QUECTEL_CME_PH_SIM_PIN_REQUIRED},
    [EMU_SIM_LOCKED_TO_OPERATOR] = {"PH-NET PIN", "PH-NET PIN", QUECTEL_CME_NETWORK_PIN_REQUIRED},
    [EMU_SIM_BUSY] = {NULL, "NOT READY", QUECTEL_CME_SIM_BUSY},
    [EMU_SIM_NOT_READY] = {"NOT READY", "NOT READY", QUECTEL_CME_SIM_BUSY},
    [EMU_SIM_FAILED] = {NULL, "NOT READY", QUECTEL_CME_SIM_FAILURE},
};

bool quectel_sim_is_usable(const struct quectel *quectel)
{
    return states[quectel_sim(quectel)].error == 0;
}

void quectel_print_sim_urcs(struct quectel *quectel)
{
    enum emu_sim sim = quectel_sim(quectel);
    emu_urc(quectel->emu, "+CPIN: %s", states[sim].urc);
    if (sim == EMU_SIM_READY)
        emu_urc(quectel->emu, "+QUSIM: 1");
}

/* Returns the error of a command that needs the SIM; 0: the SIM can be used. */
static int sim_error(const struct quectel *quectel)
{
    return states[quectel_sim(quectel)].error;
}

static struct emu_result read_state(struct emu_call *call)
{
    const struct state *state = &states[quectel_sim(quectel_of(call->emu))];
    if (!state->word)
        return emu_cme(state->error);
    emu_info(call->emu, "+CPIN: %s", state->word);
    return emu_ok();
}

/* A PIN may be given with or without quotes. */
static bool is_pin(const struct quectel *quectel, const struct emu_param *given)
{
    return strcmp(given->text, quectel->world.pin) == 0;
}

static void unlock(struct quectel *quectel)
{
    quectel->network->unlocked = true;
    quectel->network->wrong_pins = 0;
    quectel_print_sim_urcs(quectel);
    quectel_network_changed(quectel);
}

static struct emu_result enter_pin(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    if (quectel_sim_is_usable(quectel))
        return emu_cme(QUECTEL_CME_NOT_ALLOWED);
    if (quectel_sim(quectel) != EMU_SIM_PIN)
        return emu_cme(sim_error(quectel));
    if (call->count > 2 || emu_param_absent(call, 0))
        return emu_error();
    if (!is_pin(quectel, &call->params[0])) {
        quectel->network->wrong_pins++;
        return emu_cme(QUECTEL_CME_WRONG_PASSWORD);
    }
    unlock(quectel);
    return emu_ok();
}

static struct emu_result attempts_left(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    enum emu_sim sim = quectel_sim(quectel);
    if (sim == EMU_SIM_ABSENT)
        return emu_cme(QUECTEL_CME_NO_SIM);
    unsigned left = sim == EMU_SIM_PUK ? 0 : PIN_TRIES - quectel->network->wrong_pins;
    emu_info(call->emu, "+QPINC: \"SC\",%u,%d", left, PUK_TRIES);
    emu_info(call->emu, "+QPINC: \"P2\",%d,%d", PIN_TRIES, PUK_TRIES);
    return emu_ok();
}

/* Only querying the SIM lock is supported, not setting a facility. */
static struct emu_result facility_lock(struct emu_call *call)
{
    struct quectel *quectel = quectel_of(call->emu);
    long long mode;
    const char *facility = emu_param_string(call, 0, 2);
    if (!facility || !emu_param_number(call, 1, 0, 2, &mode))
        return emu_error();
    if (mode != 2)
        return emu_cme(QUECTEL_CME_NOT_ALLOWED);
    if (quectel_sim(quectel) == EMU_SIM_ABSENT)
        return emu_cme(QUECTEL_CME_NO_SIM);
    emu_info(call->emu, "+CLCK: %d", strcmp(facility, "SC") == 0 && quectel->world.sim == EMU_SIM_PIN);
    return emu_ok();
}

static struct emu_result subscriber(struct emu_call *call)
{
    int error = sim_error(quectel_of(call->emu));
    if (error)
        return emu_cme(error);
    emu_info(call->emu, "460001234567890");
    return emu_ok();
}

/* The number of the card can be read before the PIN is entered. */
static struct emu_result card_number(struct emu_call *call)
{
    if (quectel_sim(quectel_of(call->emu)) == EMU_SIM_ABSENT)
        return emu_cme(QUECTEL_CME_NO_SIM);
    emu_info(call->emu, "%s: 89860012345678901234", call->name);
    return emu_ok();
}

/* Bits: CPIN ready, SMS initialised, phone book initialised. */
static struct emu_result initialisation(struct emu_call *call)
{
    emu_info(call->emu, "+QINISTAT: %d", quectel_sim_is_usable(quectel_of(call->emu)) ? 7 : 0);
    return emu_ok();
}

const struct emu_command quectel_sim_commands[] = {
    {.name = "+CPIN", .read = read_state, .write = enter_pin, .ranges = ""},
    {.name = "+QPINC", .read = attempts_left, .ranges = ""},
    {.name = "+CLCK", .write = facility_lock, .ranges = "(\"SC\")"},
    {.name = "+CIMI", .execute = subscriber, .ranges = ""},
    {.name = "+QCCID", .execute = card_number, .ranges = ""},
    {.name = "+ICCID", .execute = card_number, .ranges = ""},
    {.name = "+QINISTAT", .execute = initialisation, .ranges = ""},
    {0},
};
