/* One serial interface of the USB device that plays the module: a FunctionFS function of the vendor's class,
 * as modules have them. What the host writes goes to the module's pty, and what the module writes goes to the
 * host. Without a pty the interface is mute. When it is unplugged, the module loses its power: its control
 * socket is told to restart it.
 *
 * Usage: gadget FOLDER [PTY CONTROL]   FOLDER: where the function is mounted */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usb/ch9.h>
#include <linux/usb/functionfs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

enum {
    SET_CONTROL_LINE_STATE = 0x22, /* of the CDC PSTN subclass; the `option` driver sends it */
    HIGH_SPEED_PACKET = 512
};

struct interface {
    struct usb_interface_descriptor head;
    struct usb_endpoint_descriptor_no_audio in, out;
} __attribute__((packed));

struct descriptors {
    struct usb_functionfs_descs_head_v2 head;
    __le32 full_count, high_count;
    struct interface full, high;
} __attribute__((packed));

struct names {
    struct usb_functionfs_strings_head head;
    __le16 language;
    char name[8];
} __attribute__((packed));

static const char *folder, *control;
static int module = -1, dtr_before = -1;
static atomic_bool plugged;

static void fail(const char *what)
{
    fprintf(stderr, "gadget: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct interface describe(unsigned packet)
{
    struct interface it = {
        .head = {.bLength = sizeof it.head,
                 .bDescriptorType = USB_DT_INTERFACE,
                 .bNumEndpoints = 2,
                 .bInterfaceClass = USB_CLASS_VENDOR_SPEC,
                 .iInterface = 1},
        .in = {.bLength = sizeof it.in,
               .bDescriptorType = USB_DT_ENDPOINT,
               .bEndpointAddress = USB_DIR_IN | 1,
               .bmAttributes = USB_ENDPOINT_XFER_BULK,
               .wMaxPacketSize = htole16(packet)},
    };
    it.out = it.in;
    it.out.bEndpointAddress = USB_DIR_OUT | 2;
    return it;
}

static int open_endpoint(const char *name, int flags)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, flags);
    if (fd < 0)
        fail(path);
    return fd;
}

static int make_interface(void)
{
    struct descriptors told = {
        .head = {.magic = htole32(FUNCTIONFS_DESCRIPTORS_MAGIC_V2),
                 .flags = htole32(FUNCTIONFS_HAS_FS_DESC | FUNCTIONFS_HAS_HS_DESC),
                 .length = htole32(sizeof told)},
        .full_count = htole32(3),
        .high_count = htole32(3),
        .full = describe(64),
        .high = describe(HIGH_SPEED_PACKET),
    };
    struct names names = {
        .head = {.magic = htole32(FUNCTIONFS_STRINGS_MAGIC),
                 .length = htole32(sizeof names),
                 .str_count = htole32(1),
                 .lang_count = htole32(1)},
        .language = htole16(0x0409),
        .name = "AT port",
    };
    int events = open_endpoint("ep0", O_RDWR);
    if (write(events, &told, sizeof told) < 0 || write(events, &names, sizeof names) < 0)
        fail("the descriptors");
    return events;
}

static void write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written <= 0)
            return; /* unplugged: the rest is lost, as in a cable */
        bytes += written;
        count -= (size_t)written;
    }
}

/* Waits, as every read of an endpoint does, until the function is there. */
static void *from_host(void *unused)
{
    char bytes[4096];
    int out = open_endpoint("ep2", O_RDONLY);
    for (;;) {
        ssize_t count = read(out, bytes, sizeof bytes);
        if (count > 0 && module >= 0)
            write_all(module, bytes, (size_t)count);
        else if (count < 0)
            usleep(10000);
    }
    return unused;
}

/* A transfer ends with a packet that is not full: the host waits on behind a full one. */
static void *to_host(void *unused)
{
    char bytes[4096];
    int in = open_endpoint("ep1", O_WRONLY);
    ssize_t count;
    while ((count = read(module, bytes, sizeof bytes)) > 0) {
        size_t first = (size_t)count;
        if (first % HIGH_SPEED_PACKET == 0)
            first--;
        if (atomic_load(&plugged))
            write_all(in, bytes, first);
        if (atomic_load(&plugged))
            write_all(in, bytes + first, (size_t)count - first);
    }
    fail("the module's pty");
    return unused;
}

static void open_module(const char *pty)
{
    struct termios raw;
    module = open(pty, O_RDWR | O_NOCTTY);
    if (module < 0 || tcgetattr(module, &raw) != 0)
        fail(pty);
    cfmakeraw(&raw);
    if (tcsetattr(module, TCSANOW, &raw) != 0)
        fail(pty);
}

static void lose_power(void)
{
    static const char command[] = "reboot\n";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer[64];
    snprintf(address.sun_path, sizeof address.sun_path, "%s", control);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        write(fd, command, strlen(command)) < 0 || read(fd, answer, sizeof answer) <= 0)
        fail(control);
    close(fd);
}

static void answer_request(int events, const struct usb_ctrlrequest *request)
{
    char bytes[256];
    int dtr = le16toh(request->wValue) & 1;
    if (request->bRequest == SET_CONTROL_LINE_STATE && module >= 0 && dtr != dtr_before) {
        printf("gadget: DTR %s\n", dtr ? "on" : "off");
        dtr_before = dtr;
    }
    ssize_t done = request->bRequestType & USB_DIR_IN ? write(events, bytes, 0)
                                                      : read(events, bytes, le16toh(request->wLength));
    if (done < 0 && errno != EL2HLT && errno != ESHUTDOWN)
        perror("gadget: a request");
}

static void start(void *(*run)(void *))
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        fail("a thread");
}

int main(int argc, char **argv)
{
    struct usb_functionfs_event event;
    if (argc != 2 && argc != 4) {
        fprintf(stderr, "usage: gadget FOLDER [PTY CONTROL]\n");
        return 2;
    }
    folder = argv[1];
    setvbuf(stdout, NULL, _IOLBF, 0);
    int events = make_interface();
    if (argc == 4) {
        control = argv[3];
        open_module(argv[2]);
        start(to_host);
    }
    start(from_host);
    printf("gadget: ready\n");
    while (read(events, &event, sizeof event) == sizeof event) {
        if (event.type == FUNCTIONFS_ENABLE)
            atomic_store(&plugged, true);
        else if (event.type == FUNCTIONFS_DISABLE)
            atomic_store(&plugged, false);
        else if (event.type == FUNCTIONFS_UNBIND && control != NULL) {
            printf("gadget: unplugged\n");
            dtr_before = -1;
            lose_power();
        } else if (event.type == FUNCTIONFS_SETUP)
            answer_request(events, &event.u.setup);
    }
    fail("an event");
}
