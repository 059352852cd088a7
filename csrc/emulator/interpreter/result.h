/* How a command completes. */
#ifndef EMU_INTERPRETER_RESULT_H
#define EMU_INTERPRETER_RESULT_H

enum emu_outcome {
    EMU_RESULT_OK,
    EMU_RESULT_ERROR,   /* the vendor may add a code */
    EMU_RESULT_UNKNOWN, /* no such command */
    EMU_RESULT_CME,     /* +CME ERROR with a code */
    EMU_RESULT_CONNECT,
    EMU_RESULT_NO_CARRIER,
    EMU_RESULT_SEND_OK,
    EMU_RESULT_SEND_FAIL,
    EMU_RESULT_PENDING, /* not completed yet: emu_finish follows */
    EMU_RESULT_SILENT,  /* nothing is printed */
};

struct emu_result {
    enum emu_outcome outcome;
    int code;
};

static inline struct emu_result emu_result(enum emu_outcome outcome)
{
    return (struct emu_result){.outcome = outcome};
}

static inline struct emu_result emu_ok(void)
{
    return emu_result(EMU_RESULT_OK);
}

static inline struct emu_result emu_error(void)
{
    return emu_result(EMU_RESULT_ERROR);
}

static inline struct emu_result emu_pending(void)
{
    return emu_result(EMU_RESULT_PENDING);
}

static inline struct emu_result emu_cme(int code)
{
    return (struct emu_result){.outcome = EMU_RESULT_CME, .code = code};
}

#endif
