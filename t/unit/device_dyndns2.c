/* units: ngx_srv_registrar_module/device_dyndns2.c
   ngx_srv_registrar_module/device_dyndns2_query.c
   ngx_srv_registrar_module/device_address.c
   ngx_srv_registrar_module/device_reason.c store/store_value.c
   store/store_value_check.c store/store_writer.c store/store_key.c
   store/crc32c.c */

/*
 * dyndns2: queries to wishes, and the words that answer.
 */

#include "device_text.h"
#include "device_dyndns2.h"


#define FQDN  "2247eae3.devices.example"


/* A call as wishes: "8.8.8.8 keep", or the refusal's word. */
static void
check_update(const char *query, const char *source, bool stated,
    const store_value_t *stored, const char *expected)
{
    char                   bytes[512], text[128], address[2][64];
    size_t                 i;
    device_zone_t          zone;
    device_error_t         error;
    device_reason_t        reason;
    device_subject_t       subject;
    device_dyndns2_call_t  call;
    device_address_wish_t  wishes[2];

    memset(&zone, 0, sizeof(zone));
    memset(&subject, 0, sizeof(subject));
    zone.stated_address = stated;
    subject.zone = &zone;

    if (source[0] != '\0') {
        assert_true(device_address_parse(&subject.source, span(source)));
    }

    snprintf(bytes, sizeof(bytes), "%s", query);
    reason = device_dyndns2_parse(&call, (uint8_t *) bytes, strlen(bytes),
                                  &error);

    if (reason == DEVICE_OK) {
        reason = device_dyndns2_update(&wishes[0], &wishes[1], &call,
                                       &subject, stored, &error);
    }

    snprintf(text, sizeof(text), "%s", device_dyndns2_word(reason));

    if (reason == DEVICE_OK) {

        for (i = 0; i < 2; i++) {
            strcpy(address[i], wishes[i].mode == DEVICE_ADDRESS_NONE
                               ? "none" : "keep");

            if (wishes[i].mode == DEVICE_ADDRESS_SET) {
                device_address_write(address[i], &wishes[i].address);
            }
        }

        snprintf(text, sizeof(text), "%s %s", address[0], address[1]);
    }

    if (strcmp(text, expected) != 0) {
        fail_msg("\"%s\" from %s: %s, not %s", query, source, text, expected);
    }
}


static void
test_update(void **state)
{
    static const struct {
        const char  *query;
        const char  *source;
        const char  *expected;
    } cases[] = {
        /* nothing named: the source, and the other family is kept */
        { "", "8.8.8.8", "8.8.8.8 keep" },
        { "", "2600::1", "keep 2600::1" },
        { "hostname=x&system=dyndns&wildcard=ON&offline=YES&mx=8.8.4.4",
          "8.8.8.8", "8.8.8.8 keep" },
        { "&&=&=8.8.4.4&hostname", "8.8.8.8", "8.8.8.8 keep" },
        { "", "10.0.0.1", "dnserr" },
        { "", "", "dnserr" },

        /* the source's family: the source */
        { "myip=8.8.8.8", "8.8.8.8", "8.8.8.8 keep" },
        { "myip=8.8.4.4", "8.8.8.8", "dnserr" },
        { "ip=8.8.8.8", "8.8.8.8", "8.8.8.8 keep" },
        { "myipv4=8.8.8.8", "8.8.8.8", "8.8.8.8 keep" },
        { "myip=2600::2", "2600::1", "keep 2600::2" },
        { "myipv6=2600::2", "2600::1", "keep 2600::2" },
        { "ipv6=2600::2", "2600::1", "keep 2600::2" },
        { "ip=2600::2", "2600::1", "keep 2600::2" },
        { "myipv6=2600:0:0:1::2", "2600::1", "dnserr" },
        { "myip=::ffff:8.8.8.8", "8.8.8.8", "8.8.8.8 keep" },
        { "myip=8.8.8.8", "", "dnserr" },

        /* the other one: what is said, if all the world can reach it */
        { "myip=2600::1", "8.8.8.8", "keep 2600::1" },
        { "myip=8.8.4.4", "2600::1", "8.8.4.4 keep" },
        { "myip=192.168.1.1", "2600::1", "dnserr" },
        { "myip=fe80::1", "8.8.8.8", "dnserr" },

        /* both: a list with commas, or two parameters */
        { "myip=8.8.8.8,2600::1", "8.8.8.8", "8.8.8.8 2600::1" },
        { "myip=2600::1,8.8.8.8", "8.8.8.8", "8.8.8.8 2600::1" },
        { "myip=8.8.8.8%2C2600%3a%3A1", "8.8.8.8", "8.8.8.8 2600::1" },
        { "myip=8.8.8.8&myipv6=2600::1", "8.8.8.8", "8.8.8.8 2600::1" },
        { "ip=8.8.8.8&ipv6=2600::1", "8.8.8.8", "8.8.8.8 2600::1" },
        { "myip=2600::1&myipv4=8.8.8.8", "8.8.8.8", "8.8.8.8 2600::1" },
        { "myip=8.8.8.8,", "8.8.8.8", "8.8.8.8 keep" },
        { "myip=,2600::1", "8.8.8.8", "keep 2600::1" },

        /* the first that speaks of a family */
        { "ip=8.8.4.4&myip=8.8.8.8", "8.8.8.8", "8.8.8.8 keep" },
        { "myip=2600::1&myipv6=2600::2", "8.8.8.8", "keep 2600::2" },
        { "ipv6=2600::1&myipv6=2600::2", "8.8.8.8", "keep 2600::2" },

        /* preserve, and empty */
        { "myip=preserve", "8.8.8.8", "keep keep" },
        { "myip=preserve&myipv6=2600::1", "2600::1", "keep 2600::1" },
        { "myip=8.8.8.8&myipv6=preserve", "8.8.8.8", "8.8.8.8 keep" },
        { "myip=,", "8.8.8.8", "none keep" },
        { "myip=8.8.8.8&myipv6=", "8.8.8.8", "8.8.8.8 none" },
        { "myip=&myipv6=2600::1", "2600::1", "none 2600::1" },
        { "ipv6=&myipv4=", "8.8.8.8", "none none" },
        { "myipv4=", "8.8.8.8", "none keep" },

        /* ddclient that has not found its address: the source */
        { "myip=", "8.8.8.8", "8.8.8.8 keep" },
        { "myip", "2600::1", "keep 2600::1" },
        { "ip=&myip=", "8.8.8.8", "8.8.8.8 keep" },
        { "myip=&myipv6=", "8.8.8.8", "8.8.8.8 none" },
        { "myip=&myipv6=", "2600::1", "keep none" },

        /* a length after an address says nothing */
        { "myip=8.8.8.8/32", "8.8.8.8", "8.8.8.8 keep" },
        { "myip=8.8.8.8/24", "8.8.8.8", "8.8.8.8 keep" },
        { "myipv6=2600::1/64", "8.8.8.8", "keep 2600::1" },
        { "myipv6=2600::/128", "8.8.8.8", "keep 2600::" },

        /* and what is no address */
        { "myip=x", "8.8.8.8", "dnserr" },
        { "myip=<ipaddr>", "8.8.8.8", "dnserr" },
        { "myip=8.8.8", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8%", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8%0", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8%00", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8%20", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8+", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8,preserve", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8,x", "8.8.8.8", "dnserr" },
        { "myip=preserve,", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8/", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8/33", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8/-1", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8/0032", "8.8.8.8", "dnserr" },
        { "myip=/24", "8.8.8.8", "dnserr" },
        { "myipv6=2600::1/129", "8.8.8.8", "dnserr" },
        { "myipv4=2600::1", "2600::1", "dnserr" },
        { "myipv6=8.8.8.8", "8.8.8.8", "dnserr" },
        { "ipv6=::ffff:8.8.8.8", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8&myip=8.8.8.8", "8.8.8.8", "dnserr" },
        { "hostname=a&hostname=a", "8.8.8.8", "dnserr" },
        { "myip=8.8.8.8,8.8.8.8", "8.8.8.8", "numhost" },
        { "myip=2600::1,2600::2", "8.8.8.8", "numhost" },

        /* a network, and no host is known */
        { "myipv6=2600:0:0:1::/64", "8.8.8.8", "dnserr" }
    };

    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_update(cases[i].query, cases[i].source, true, NULL,
                     cases[i].expected);
    }
}


/* Where only what was seen may be published. */
static void
test_stated_off(void **state)
{
    (void) state;

    check_update("myip=2600::1", "8.8.8.8", false, NULL, "dnserr");
    check_update("myip=8.8.8.8", "2600::1", false, NULL, "dnserr");
    check_update("myip=8.8.8.8,2600::1", "8.8.8.8", false, NULL, "dnserr");
    check_update("myip=8.8.8.8", "8.8.8.8", false, NULL, "8.8.8.8 keep");
    check_update("myipv6=", "8.8.8.8", false, NULL, "keep none");
    check_update("", "2600::1", false, NULL, "keep 2600::1");
}


/* A network takes the place of the stored address's. */
static void
test_prefix(void **state)
{
    static const uint8_t  v4[] = { 8, 8, 8, 8 };
    static const uint8_t  v6[] = {
        0x26, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0x37
    };

    uint8_t         buffer[STORE_VALUE_MAX];
    store_rr_t      rr;
    store_key_t     key;
    store_span_t    zone = SPAN("\7devices\7example\0"), bytes, name;
    store_value_t   value;
    store_rrset_t   rrset;
    store_writer_t  writer;
    store_device_t  device;

    (void) state;

    memset(&device, 0, sizeof(device));
    memset(&rrset, 0, sizeof(rrset));
    assert_true(store_key_make(&key, zone, span("2247eae3")));

    store_writer_device(&writer, buffer, sizeof(buffer), &device);

    rrset.door = STORE_DOOR_DYNDNS2;
    rrset.type = 1;
    rr = (store_rr_t) { v4, sizeof(v4), -1 };
    store_writer_rrset_begin(&writer, &rrset);
    store_writer_rr(&writer, &rr);
    store_writer_rrset_end(&writer);

    rrset.type = 28;
    rr = (store_rr_t) { v6, sizeof(v6), -1 };
    store_writer_rrset_begin(&writer, &rrset);
    store_writer_rr(&writer, &rr);
    store_writer_rrset_end(&writer);

    name = (store_span_t) { key.data, key.len };
    assert_true(store_writer_finish(&writer, name, &bytes));
    assert_true(store_value_open(&value, name, bytes));

    check_update("myipv6=2600:0:0:2::/64", "8.8.8.8", true, &value,
                 "keep 2600::2:200:0:0:37");
    check_update("myipv6=2a00:1:2:8000::/49", "8.8.8.8", true, &value,
                 "keep 2a00:1:2:8001:200::37");
    check_update("myipv6=2a00:1:2::/52", "8.8.8.8", true, &value,
                 "keep 2a00:1:2:1:200::37");
    check_update("myipv6=2a00:1:2:f80::/57", "8.8.8.8", true, &value,
                 "keep 2a00:1:2:f81:200::37");
    check_update("myip=9.9.0.0/16", "2600::1", true, &value,
                 "9.9.8.8 keep");
    check_update("myip=8.8.8.8/33", "2600::1", true, &value, "dnserr");
    check_update("myipv6=2600::/129", "8.8.8.8", true, &value, "dnserr");

    /* what comes of it has to be the source's, and reachable */

    check_update("myipv6=2600:0:0:2::/64", "2600:0:0:2::1", true, &value,
                 "keep 2600::2:200:0:0:37");
    check_update("myipv6=2600:0:0:2::/64", "2600:0:0:3::1", true, &value,
                 "dnserr");
    check_update("myipv6=fd00::/64", "8.8.8.8", true, &value, "dnserr");
    check_update("myip=9.9.0.0/16", "8.8.8.8", true, &value, "dnserr");
}


static void
test_delete(void **state)
{
    static const struct {
        const char             *query;
        device_address_mode_t   ipv4;
        device_address_mode_t   ipv6;
    } cases[] = {
        { "", DEVICE_ADDRESS_NONE, DEVICE_ADDRESS_NONE },
        { "hostname=" FQDN, DEVICE_ADDRESS_NONE, DEVICE_ADDRESS_NONE },
        { "myip=8.8.8.8", DEVICE_ADDRESS_NONE, DEVICE_ADDRESS_KEEP },
        { "myip=2600::1", DEVICE_ADDRESS_KEEP, DEVICE_ADDRESS_NONE },
        { "myip=8.8.8.8,2600::1", DEVICE_ADDRESS_NONE, DEVICE_ADDRESS_NONE },
        { "myipv6=", DEVICE_ADDRESS_KEEP, DEVICE_ADDRESS_NONE },
        { "myip=", DEVICE_ADDRESS_NONE, DEVICE_ADDRESS_NONE },
        { "myip=preserve", DEVICE_ADDRESS_KEEP, DEVICE_ADDRESS_KEEP }
    };

    char                   bytes[128];
    size_t                 i;
    device_error_t         error;
    device_dyndns2_call_t  call;
    device_address_wish_t  ipv4, ipv6;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(bytes, sizeof(bytes), "%s", cases[i].query);

        assert_int_equal(device_dyndns2_parse(&call, (uint8_t *) bytes,
                                              strlen(bytes), &error),
                         DEVICE_OK);
        device_dyndns2_delete(&ipv4, &ipv6, &call);

        if (ipv4.mode != cases[i].ipv4 || ipv6.mode != cases[i].ipv6) {
            fail_msg("\"%s\": %d, %d", cases[i].query, (int) ipv4.mode,
                     (int) ipv6.mode);
        }
    }
}


/* Who is answered what, host by host. */
static void
test_answer(void **state)
{
    static const struct {
        const char  *query;
        bool         own;
        const char  *granted;
        const char  *refused;
    } cases[] = {
        { "", true, "good 8.8.8.8\n", "dnserr\n" },
        { "hostname=YES", true, "good 8.8.8.8\n", "dnserr\n" },
        { "hostname=" FQDN, true, "good 8.8.8.8\n", "dnserr\n" },
        { "host_id=" FQDN, true, "good 8.8.8.8\n", "dnserr\n" },
        { "hostname=" FQDN ".", true, "good 8.8.8.8\n", "dnserr\n" },
        { "hostname=2247EAE3.Devices.Example", true, "good 8.8.8.8\n",
          "dnserr\n" },
        { "hostname=goodhouse.example", false, "nohost\n", "nohost\n" },
        { "hostname=sub." FQDN, false, "nohost\n", "nohost\n" },
        { "hostname=" FQDN "..", false, "nohost\n", "nohost\n" },
        { "hostname=good", false, "notfqdn\n", "notfqdn\n" },
        { "hostname=", false, "notfqdn\n", "notfqdn\n" },
        { "hostname=a," FQDN ",b.c", true,
          "notfqdn\ngood 8.8.8.8\nnohost\n", "notfqdn\ndnserr\nnohost\n" },
        { "hostname=" FQDN "%2c", true, "good 8.8.8.8\nnotfqdn\n",
          "dnserr\nnotfqdn\n" }
    };

    char                   bytes[256], out[DEVICE_DYNDNS2_ANSWER_MAX];
    size_t                 i;
    device_error_t         error;
    device_dyndns2_call_t  call;
    device_address_wish_t  ipv4 = { .mode = DEVICE_ADDRESS_SET };
    device_address_wish_t  ipv6 = { .mode = DEVICE_ADDRESS_KEEP };

    (void) state;
    assert_true(device_address_parse(&ipv4.address, span("8.8.8.8")));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(bytes, sizeof(bytes), "%s", cases[i].query);

        assert_int_equal(device_dyndns2_parse(&call, (uint8_t *) bytes,
                                              strlen(bytes), &error),
                         DEVICE_OK);
        assert_int_equal(device_dyndns2_own(&call, FQDN), cases[i].own);

        device_dyndns2_answer(out, &call, FQDN, DEVICE_OK, true, &ipv4,
                              &ipv6);
        assert_string_equal(out, cases[i].granted);

        device_dyndns2_answer(out, &call, FQDN, DEVICE_ADDRESS_MISMATCH,
                              false, NULL, NULL);
        assert_string_equal(out, cases[i].refused);
    }
}


static void
test_result(void **state)
{
    char                   out[DEVICE_DYNDNS2_ANSWER_MAX];
    device_dyndns2_call_t  call;
    device_address_wish_t  ipv4 = { .mode = DEVICE_ADDRESS_SET };
    device_address_wish_t  ipv6 = { .mode = DEVICE_ADDRESS_SET };

    (void) state;
    memset(&call, 0, sizeof(call));
    assert_true(device_address_parse(&ipv4.address, span("8.8.8.8")));
    assert_true(device_address_parse(&ipv6.address, span("2600::1")));

    device_dyndns2_answer(out, &call, FQDN, DEVICE_OK, true, &ipv4, &ipv6);
    assert_string_equal(out, "good 8.8.8.8,2600::1\n");

    device_dyndns2_answer(out, &call, FQDN, DEVICE_OK, false, &ipv4, &ipv6);
    assert_string_equal(out, "nochg 8.8.8.8,2600::1\n");

    ipv4.mode = DEVICE_ADDRESS_KEEP;
    device_dyndns2_answer(out, &call, FQDN, DEVICE_OK, true, &ipv4, &ipv6);
    assert_string_equal(out, "good 2600::1\n");

    ipv6.mode = DEVICE_ADDRESS_NONE;
    device_dyndns2_answer(out, &call, FQDN, DEVICE_OK, true, &ipv4, &ipv6);
    assert_string_equal(out, "good\n");
}


/* Twenty hosts, the longest answer that fits its buffer, and one more. */
static void
test_hosts(void **state)
{
    char                   bytes[2048], out[DEVICE_DYNDNS2_ANSWER_MAX];
    size_t                 i, len;
    device_error_t         error;
    device_dyndns2_call_t  call;
    device_address_wish_t  ipv4 = { .mode = DEVICE_ADDRESS_SET };
    device_address_wish_t  ipv6 = { .mode = DEVICE_ADDRESS_SET };

    (void) state;
    assert_true(device_address_parse(&ipv4.address, span("255.255.255.255")));
    assert_true(device_address_parse(&ipv6.address,
                    span("2600:1111:1111:1111:1111:1111:1111:1111")));

    strcpy(bytes, "hostname=" FQDN);

    for (i = 1; i < DEVICE_DYNDNS2_HOSTS_MAX; i++) {
        strcat(bytes, "," FQDN);
    }

    len = strlen(bytes);
    assert_int_equal(device_dyndns2_parse(&call, (uint8_t *) bytes, len,
                                          &error), DEVICE_OK);
    device_dyndns2_answer(out, &call, FQDN, DEVICE_OK, false, &ipv4, &ipv6);
    assert_int_equal(strlen(out), 20 * strlen("nochg 255.255.255.255,2600:"
                     "1111:1111:1111:1111:1111:1111:1111\n"));

    strcat(bytes, "," FQDN);
    assert_int_equal(device_dyndns2_parse(&call, (uint8_t *) bytes,
                                          strlen(bytes), &error),
                     DEVICE_DUPLICATE);
}


/* None of the words is another's, or clients would take one for it. */
static void
test_words(void **state)
{
    int          reason;
    size_t       i;
    const char  *word;

    static const char *const  words[] = {
        "good", "badauth", "abuse", "notfqdn", "nohost", "numhost", "dnserr",
        "badagent", "911"
    };

    (void) state;

    for (reason = DEVICE_OK; reason < DEVICE_REASONS; reason++) {
        word = device_dyndns2_word((device_reason_t) reason);

        for (i = 0; strcmp(words[i], word) != 0; i++) {
            assert_true(i + 1 < sizeof(words) / sizeof(words[0]));
        }

        assert_true((strstr(word, "good") != NULL) == (reason == DEVICE_OK));
    }

    assert_string_equal(device_dyndns2_word(DEVICE_STORE_FULL), "911");
    assert_string_equal(device_dyndns2_word(DEVICE_BUSY), "911");
    assert_string_equal(device_dyndns2_word(DEVICE_SUSPENDED), "abuse");
    assert_string_equal(device_dyndns2_word(DEVICE_UNKNOWN_KEY), "badauth");
    assert_string_equal(device_dyndns2_word(DEVICE_BAD_REQUEST), "badagent");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_stated_off),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_delete),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_result),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_words)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
