
/*
 * Reads the clocks and the kernel's boot id.  A machine without a boot id
 * (no /proc) loses only what the id is for: after a long silence the wall
 * clock is then judged as after a reboot.
 */

#include "boot_clock.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>


#define BOOT_CLOCK_ID_FILE  "/proc/sys/kernel/random/boot_id"

/* 32 hex digits with hyphens between some. */
#define BOOT_CLOCK_ID_TEXT  36


static void boot_clock_read_id(uint8_t id[LEASE_CLOCK_BOOT_ID_LEN]);
static int boot_clock_digit(char c);


void
boot_clock_read(lease_clock_reading_t *reading)
{
    struct timespec  now;
    static bool      known;
    static uint8_t   id[LEASE_CLOCK_BOOT_ID_LEN];

    if (!known) {
        boot_clock_read_id(id);
        known = true;
    }

    memcpy(reading->boot_id, id, sizeof(id));

    /* Neither can fail with these clocks and a valid pointer. */

    (void) clock_gettime(CLOCK_REALTIME, &now);
    reading->wall = now.tv_sec;

    (void) clock_gettime(CLOCK_BOOTTIME, &now);
    reading->boottime = now.tv_sec;
}


static void
boot_clock_read_id(uint8_t id[LEASE_CLOCK_BOOT_ID_LEN])
{
    int      fd, digit;
    char     text[BOOT_CLOCK_ID_TEXT];
    size_t   n;
    ssize_t  i, len;

    memset(id, 0, LEASE_CLOCK_BOOT_ID_LEN);

    fd = open(BOOT_CLOCK_ID_FILE, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        return;
    }

    len = read(fd, text, sizeof(text));
    close(fd);

    n = 0;

    for (i = 0; i < len && n < 2 * LEASE_CLOCK_BOOT_ID_LEN; i++) {
        digit = boot_clock_digit(text[i]);

        if (digit >= 0) {
            id[n / 2] = (uint8_t) (id[n / 2] << 4 | digit);
            n++;
        }
    }
}


static int
boot_clock_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
