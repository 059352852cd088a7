#include "emulator/quectel/errors.h"

#include <stddef.h>

struct words {
    int code;
    const char *text;
};

static const struct words cme[] = {
    {3, "operation not allowed"},
    {4, "operation not supported"},
    {5, "PH-SIM PIN required"},
    {10, "SIM not inserted"}, /* wording of EC200UEUAAR02A02M08 */
    {11, "SIM PIN required"},
    {12, "SIM PUK required"},
    {13, "SIM failure"},
    {14, "SIM busy"},
    {16, "incorrect password"},
    {30, "no network service"},
    {40, "network personalization PIN required"},
    {50, "incorrect parameters"},
    {100, "unknown"},
    {400, "Invalid input value"}, /* wording of EC25AFXGAR07A04M1G */
    {401, "Larger than the size of the file"},
    {402, "Read zero byte"},
    {403, "Drive full"},
    {405, "File not found"},
    {406, "Invalid file name"},
    {407, "file already exist"}, /* wording of EG800KCNGCR07A06M04 */
    {409, "Fail to write the file"},
    {410, "Fail to open the file"},
    {411, "Fail to read the file"},
    {413, "Reach the max number of file allowed to be opened"},
    {414, "The file read-only"},
    {416, "Invalid file descriptor"},
    {417, "Fail to list the file"},
    {418, "Fail to delete the file"},
    {419, "Fail to get disk info"},
    {420, "No space"},
    {421, "Time out"},
    {423, "File too large"},
    {425, "Invalid parameter"},
    {426, "File already opened"},
    /* FTP note, chapter 5 */
    {601, "Unknown error"},
    {602, "FTP(S) server blocked"},
    {603, "FTP(S) server busy"},
    {604, "DNS parse failed"},
    {605, "Network error"},
    {606, "Control connection closed."},
    {607, "Data connection closed"},
    {608, "Socket closed by peer"},
    {609, "Timeout error"},
    {610, "Invalid parameter"},
    {611, "Failed to open file"},
    {612, "File position invalid"},
    {613, "File error"},
    {614, "Service not available, closing control connection"},
    {615, "Open data connection failed"},
    {616, "Connection closed; transfer aborted"},
    {617, "Requested file action not taken"},
    {618, "Requested action aborted: local error in processing"},
    {619, "Requested action not taken: insufficient system storage"},
    {620, "Syntax error, command unrecognized"},
    {621, "Syntax error in parameters or arguments"},
    {622, "Command not implemented"},
    {623, "Bad sequence of commands"},
    {624, "Command parameter not implemented"},
    {625, "Not logged in"},
    {626, "Need account for storing files"},
    {627, "Requested action not taken"},
    {628, "Requested action aborted: page type unknown"},
    {629, "Requested file action aborted"},
    {631, "SSL authentication failed"},
};

static const struct words net[] = {
    {0, "operate successfully"},
    {550, "unknown error"},
    {551, "operation blocked"},
    {552, "invalid parameters"},
    {553, "memory not enough"},
    {554, "create socket failed"},
    {555, "operation not supported"},
    {556, "socket bind failed"},
    {557, "socket listen failed"},
    {558, "socket write failed"},
    {559, "socket read failed"},
    {560, "socket accept failed"},
    {561, "open pdp context failed"},
    {562, "close pdp context failed"},
    {563, "socket identity has been used"},
    {564, "dns busy"},
    {565, "dns parse failed"},
    {566, "socket connect failed"},
    {567, "socket has been closed"},
    {568, "operation busy"},
    {569, "operation timeout"},
    {570, "pdp context broken down"},
    {571, "cancel send"},
    {572, "operation not allowed"},
    {573, "apn not configured"},
    {574, "port busy"},
    {579, "ssl handshake fail"},
};

const char *quectel_cme_text(int code)
{
    for (size_t i = 0; i < sizeof cme / sizeof *cme; i++)
        if (cme[i].code == code)
            return cme[i].text;
    return NULL;
}

const char *quectel_net_text(int error)
{
    for (size_t i = 0; i < sizeof net / sizeof *net; i++)
        if (net[i].code == error)
            return net[i].text;
    return "unknown error";
}
