# make            the nginx module, for the installed nginx, dnsd and srvctl
# make NGINX_SRC=<tree>      the module for an nginx source tree
# make check      installs what the tests need and runs all of them
# make demo       a registrar, a device and dnsd at work; make demo-stop
# make install    DESTDIR, prefix, MODULES_DIR, STORE_DIR ...: see below
# make asan       both under ASan and UBSan, into build/asan
# make check-long a million random questions, held against NSD and Knot; ten
#                 thousand SIGKILLs, and requests at once; a minute of reloads
# make bench      dnsd beside other DNS servers, the registrar beside nginx
#                 alone; docs/performance.md
# make coverage   lines and branches of dnsd's parser and writer
# make mutants    breaks dnsd on purpose: does a test notice?
# make fuzz       each parser for FUZZ_TIME seconds

BUILD     = build
NGINX_SRC =
NGINX     = /usr/sbin/nginx
FUZZ_TIME = 60
# Devices of each fleet, and further options of t/bench/dns.
BENCH_DEVICES = 10000 1000000 10000000
BENCH_OPTIONS =
# Options of t/bench/xdp, which needs root.
BENCH_XDP_OPTIONS =
# The same of t/bench/registrar.
BENCH_REGISTRAR_DEVICES = 1000000 10000000
BENCH_REGISTRAR_OPTIONS =
# Of prove.  Servers mostly wait, so more than there are processors.
JOBS      = 4

prefix      = /usr/local
sbindir     = $(prefix)/sbin
datarootdir = $(prefix)/share
mandir      = $(datarootdir)/man
docdir      = $(datarootdir)/doc/srv-registrar
# Where the installed nginx looks for modules.
MODULES_DIR = $(or $(shell $(NGINX) -V 2>&1 | tr ' ' '\n' \
                | sed -n 's/^--modules-path=//p'),$(prefix)/lib/nginx/modules)
# nginx's workers own the store; dnsd reads it through its group.
STORE_DIR   = /var/lib/srv-registrar
STORE_USER  = www-data
STORE_GROUP = srvreg
INSTALL     = install

CC      = gcc
CLANG   = clang
CFLAGS  = -O2 -g
WARN    = -Wall -Wextra -Werror
HARDEN  = -fstack-protector-strong -fstack-clash-protection \
          -D_FORTIFY_SOURCE=2
LINK    = -Wl,-z,relro -Wl,-z,now
INCLUDE = -Istore -Idnssec -Idnsd -Ingx_srv_registrar_module
C11     = -std=c11 -D_GNU_SOURCE $(INCLUDE)

SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=all \
             -fno-omit-frame-pointer

# `make asan` is this Makefile again, with this set and BUILD=build/asan.
ifdef SANITIZE
CFLAGS  = -O1 -g
HARDEN  = $(SANITIZERS)
LINK    = $(SANITIZERS)
endif

# V=1 shows whole commands.
V = 0
Q = $(if $(filter 1,$(V)),,@)

# Of the targets that begin with everything; `make` itself obeys its -j.
ALL_CPUS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

COMPILE = $(CC) $(C11) $(WARN) $(HARDEN) $(CFLAGS) $(CPPFLAGS) -MMD -MP

MODULE  = $(BUILD)/ngx_srv_registrar_module.so
DNSD    = $(BUILD)/dnsd
SRVCTL  = $(BUILD)/srvctl

# dnsd --xdp, where its libraries are installed; `make XDP=` goes without.
XDP      := $(shell pkg-config --exists 'libxdp >= 1.2' 'libbpf >= 1' \
                2>/dev/null && echo yes)
XDP_LIBS  = $(if $(XDP),$(shell pkg-config --libs libxdp libbpf))
XDP_NOT   = $(if $(XDP),,$(filter-out %_none.c,$(wildcard dnsd/net_xdp*.c))) \
            $(if $(XDP),dnsd/net_xdp_none.c)

store   = $(wildcard store/*.c)
dnssec  = $(wildcard dnssec/*.c)
dnsd    = $(filter-out $(XDP_NOT),$(wildcard dnsd/*.c))
srvctl  = $(wildcard srvctl/*.c)
device  = $(wildcard ngx_srv_registrar_module/device_*.c)
units   = $(wildcard t/unit/*.c)
tools   = $(wildcard t/tools/*.c)
benches = $(wildcard t/bench/*.c)
preload = $(wildcard t/preload/*.c)
fuzzers = $(wildcard t/fuzz/*.c)

UNITS   = $(units:t/unit/%.c=$(BUILD)/t/unit/%)
TOOLS   = $(tools:t/tools/%.c=$(BUILD)/t/%)
BENCHES = $(benches:t/bench/%.c=$(BUILD)/bench/%)
PRELOAD = $(preload:t/preload/%.c=$(BUILD)/t/%.so)
FUZZERS = $(fuzzers:t/fuzz/%.c=$(BUILD)/fuzz/%)
TESTS   = $(wildcard t/*.t t/*/*.t)

# The objects of the sources that a test names in its line
# `/* units: store/a.c store/b.c */`, below directory $(2).
named   = $(patsubst %.c,$(2)/%.o,$(shell awk '/units:/ { on = 1 } \
            on { for (i = 1; i <= NF; i++) if ($$i ~ /^[a-z].*\.c$$/) \
            print $$i } /\*\// { if (on) exit }' $(1)))

TEST_LIBS = -llmdb -lldns -ljansson -lssl -lcrypto -lcmocka -lpthread

.PHONY: all module dnsd srvctl tests asan check check-quick check-long bench \
        coverage mutants fuzz demo demo-stop install clean packages

all: module dnsd srvctl

dnsd: $(DNSD)

srvctl: $(SRVCTL)


# The module.  nginx's own configure and Makefile build it, in a directory
# of ours; its Makefile knows what depends on what, so it is always asked.

sources     = $(wildcard ngx_srv_registrar_module/*.[ch] dnssec/*.[ch] \
                         store/*.[ch])
NGINX_BUILD = $(abspath $(BUILD))/nginx
CC_OPT      = $(strip $(HARDEN) $(CFLAGS) $(CPPFLAGS) -fPIC)
LD_OPT      = $(strip $(LINK) $(LDFLAGS))
CONFIGURE   = --with-cc=$(CC) --with-cc-opt="$(CC_OPT)" \
              --with-ld-opt="$(LD_OPT)" \
              --add-dynamic-module="$(CURDIR)" --builddir="$(NGINX_BUILD)"

ifeq ($(NGINX_SRC),)
# Debian's nginx-dev: sources and the flags of the installed binary.
NGINX_TREE  = /usr/share/nginx/src
CONFIGURED  = . ./conf_flags && ./configure "$${NGX_CONF_FLAGS[@]}"
NGINX_MAKE  = modules
else
NGINX_TREE  = $(abspath $(NGINX_SRC))
CONFIGURED  = $$(test -x configure && echo ./configure || \
                echo auto/configure) --with-compat --with-threads \
                --with-debug --with-http_ssl_module --with-http_v2_module \
                --with-http_realip_module
# The tests cannot load such a module into the installed nginx.
NGINX_MAKE  = binary modules
endif

module: $(NGINX_BUILD)/.configured
	@$(MAKE) --no-print-directory -C "$(NGINX_TREE)" \
	    -f "$(NGINX_BUILD)/Makefile" $(NGINX_MAKE) \
	    >"$(NGINX_BUILD)/make.log" 2>&1 \
	    || { cat "$(NGINX_BUILD)/make.log" >&2; exit 1; }
	@cmp -s "$(NGINX_BUILD)/ngx_srv_registrar_module.so" $(MODULE) \
	    || { cp "$(NGINX_BUILD)/ngx_srv_registrar_module.so" $(MODULE).new \
	         && mv -f $(MODULE).new $(MODULE) && echo "built $(MODULE)"; }

# Written anew only when it says something new.
$(BUILD)/nginx.flags: FORCE
	@mkdir -p $(BUILD)
	@printf '%s\n' '$(NGINX_TREE)' '$(CONFIGURE)' $(sources) >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(NGINX_BUILD)/.configured: $(BUILD)/nginx.flags config
	@test -d "$(NGINX_TREE)/src/core" || { echo \
	    "no nginx sources in $(NGINX_TREE): run t/packages build, or" \
	    "give NGINX_SRC=<nginx source tree>" >&2; exit 1; }
	@rm -rf "$(NGINX_BUILD)" && mkdir -p "$(NGINX_BUILD)"
	@echo "configuring nginx in $(NGINX_TREE)"
	@cd "$(NGINX_TREE)" && export ASAN_OPTIONS=detect_leaks=0 \
	    && bash -c '$(CONFIGURED) $(CONFIGURE)' \
	    >"$(NGINX_BUILD)/configure.log" 2>&1 \
	    || { tail -n 20 "$(NGINX_BUILD)/configure.log" >&2; exit 1; }
	@touch $@

FORCE:


# dnsd and the tests' programs.

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(COMPILE) -c -o $@ $<

$(DNSD): $(patsubst %.c,$(BUILD)/obj/%.o,$(dnsd) $(dnssec) $(store))
	@echo "  LD $@"
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $^ -llmdb \
	    -Wl,--as-needed -lldns -lcrypto -lpthread $(XDP_LIBS)

$(SRVCTL): $(patsubst %.c,$(BUILD)/obj/%.o,$(srvctl) $(device) $(dnssec) \
               $(store))
	@echo "  LD $@"
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $^ \
	    -llmdb -lldns -ljansson -lcrypto -lpthread

define program
$(1): $(BUILD)/obj/$(2:.c=.o) $(call named,$(2),$(BUILD)/obj)
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	$$(Q)$$(CC) $$(LINK) $$(LDFLAGS) -o $$@ $$^ $$(TEST_LIBS)
endef

$(foreach u,$(units),$(eval \
    $(call program,$(u:t/unit/%.c=$(BUILD)/t/unit/%),$(u))))
$(foreach u,$(tools),$(eval \
    $(call program,$(u:t/tools/%.c=$(BUILD)/t/%),$(u))))
$(foreach u,$(benches),$(eval \
    $(call program,$(u:t/bench/%.c=$(BUILD)/bench/%),$(u))))

# Loaded into an nginx whose sanitizers come by LD_PRELOAD, too: none here.
$(BUILD)/t/%.so: t/preload/%.c
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) -std=c11 $(WARN) -O2 -g -fPIC -shared -o $@ $< -ldl

tests: $(UNITS) $(TOOLS) $(BENCHES) $(PRELOAD)

asan:
	$(MAKE) BUILD=$(BUILD)/asan SANITIZE=1 all

-include $(shell find $(BUILD)/obj $(BUILD)/fuzz -name '*.d' 2>/dev/null)


# Tests.  Units are programs that speak TAP, so prove runs all alike.

export CMOCKA_MESSAGE_OUTPUT = TAP
SANITIZED = ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99 \
            UBSAN_OPTIONS=print_stacktrace=1
# With comments: of a unit, they say which line failed.
PROVE     = prove --comments -j$(JOBS) -It/lib

packages:
	@t/packages check

# Without clang there are no fuzzers, and t/fuzz.t says so.
FUZZED = $(if $(shell command -v $(CLANG)),$(FUZZERS))

check: packages
	$(MAKE) $(ALL_CPUS) all tests $(FUZZED)
	SRV_BUILD=$(abspath $(BUILD)) $(PROVE) $(UNITS) $(TESTS)
	$(MAKE) $(ALL_CPUS) BUILD=$(BUILD)/asan SANITIZE=1 all tests
	SRV_BUILD=$(abspath $(BUILD))/asan SRV_ASAN=1 $(SANITIZED) \
	    $(PROVE) $(UNITS:$(BUILD)/%=$(BUILD)/asan/%) $(TESTS)

# While one works: what is built already, without the sanitizers.
check-quick: all tests $(FUZZED)
	SRV_BUILD=$(abspath $(BUILD)) $(PROVE) $(UNITS) $(TESTS)

check-long: all tests
	SRV_BUILD=$(abspath $(BUILD)) SRV_QUESTIONS=1000000 \
	    $(PROVE) -v t/dnsd_random.t
	SRV_BUILD=$(abspath $(BUILD)) LONG=10000 \
	    $(PROVE) -j1 -v t/commit_crowd.t t/kill_any.t
	SRV_BUILD=$(abspath $(BUILD)) LONG=600 \
	    $(PROVE) -j1 -v t/reload_load.t t/commit_syscalls.t


# Benchmarks.  The fleets that they make stay in $(BUILD)/bench/data: three
# gigabytes for ten million devices.

bench:
	@t/packages bench
	@$(MAKE) --no-print-directory -s $(ALL_CPUS) all tests
	@SRV_BUILD=$(abspath $(BUILD)) t/bench/dns \
	    --devices "$(BENCH_DEVICES)" $(BENCH_OPTIONS)
	@SRV_BUILD=$(abspath $(BUILD)) t/bench/xdp $(BENCH_XDP_OPTIONS)
	@SRV_BUILD=$(abspath $(BUILD)) t/bench/registrar \
	    --devices "$(BENCH_REGISTRAR_DEVICES)" $(BENCH_REGISTRAR_OPTIONS)

# What of the code that reads packets and writes answers the units reach.  A
# line that cannot be reached says so (GCOVR_EXCL_LINE) and why.
COVERAGE = $(BUILD)/coverage
REACHED  = $(patsubst $(BUILD)/%,$(COVERAGE)/%,\
               $(filter $(BUILD)/t/unit/dnsd_%,$(UNITS)))
GCOVR    = gcovr -r . --object-directory $(COVERAGE) \
               -f 'dnsd/(wire|answer)[a-z_]*\.c' $(COVERAGE)/obj/dnsd

coverage:
	@t/packages coverage
	@find $(COVERAGE) -name '*.gcda' -delete 2>/dev/null || true
	$(MAKE) $(ALL_CPUS) BUILD=$(COVERAGE) HARDEN= CFLAGS='-O0 -g --coverage' \
	    LINK=--coverage $(REACHED)
	@set -e; for u in $(REACHED); do \
	    $$u >$(COVERAGE)/log 2>&1 || { cat $(COVERAGE)/log; exit 1; }; \
	done
	@$(GCOVR) --branches
	@$(GCOVR) --fail-under-line 100

mutants: packages
	@t/mutants


# clang's libFuzzer; a corpus grows in $(BUILD)/fuzz/corpus, seeds lie in
# t/fuzz/seeds/<name>.

$(BUILD)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CLANG $<"
	$(Q)$(CLANG) $(C11) $(WARN) -O1 -g -MMD -MP \
	    -fsanitize=fuzzer-no-link,address,undefined \
	    -fno-sanitize-recover=all -c -o $@ $<

define fuzzer
$(BUILD)/fuzz/$(notdir $(1:.c=)): $(BUILD)/fuzz/obj/$(1:.c=.o) \
        $(call named,$(1),$(BUILD)/fuzz/obj)
	@echo "  LD $$@"
	$$(Q)$$(CLANG) -fsanitize=fuzzer,address,undefined -o $$@ $$^ \
	    -llmdb -lldns -ljansson -lcrypto -lpthread
endef

$(foreach u,$(fuzzers),$(eval $(call fuzzer,$(u))))

fuzz:
	@t/packages fuzz
	$(MAKE) $(ALL_CPUS) $(FUZZERS)
	@for f in $(notdir $(FUZZERS)); do \
	    d=$(BUILD)/fuzz; mkdir -p $$d/corpus/$$f; \
	    seeds=; test ! -d t/fuzz/seeds/$$f || seeds=t/fuzz/seeds/$$f; \
	    printf '%s: ' $$f; \
	    $$d/$$f -max_total_time=$(FUZZ_TIME) -print_final_stats=1 \
	        -artifact_prefix=$$d/$$f- $$d/corpus/$$f $$seeds \
	        >$$d/$$f.log 2>&1 || { tail -n 40 $$d/$$f.log; exit 1; }; \
	    sed -n 's/^stat::number_of_executed_units: *//p' $$d/$$f.log; \
	done


# The demo; DEMO_HTTPS_PORT and DEMO_DNS_PORT move it.

demo:
	@t/packages demo
	@$(MAKE) --no-print-directory $(ALL_CPUS) all
	@SRV_BUILD=$(abspath $(BUILD)) t/demo start

demo-stop:
	@SRV_BUILD=$(abspath $(BUILD)) t/demo stop


# With DESTDIR nothing is chowned and no group is made: that is a package's
# own affair.

install: all
	$(INSTALL) -d $(DESTDIR)$(sbindir) $(DESTDIR)$(MODULES_DIR) \
	    $(DESTDIR)$(mandir)/man8 $(DESTDIR)$(docdir)/examples
	$(INSTALL) -m 755 $(DNSD) $(DESTDIR)$(sbindir)/dnsd
	$(INSTALL) -m 755 $(SRVCTL) $(DESTDIR)$(sbindir)/srvctl
	$(INSTALL) -m 644 $(MODULE) $(DESTDIR)$(MODULES_DIR)/
	$(INSTALL) -m 644 docs/dnsd.8 docs/srvctl.8 $(DESTDIR)$(mandir)/man8/
	$(INSTALL) -m 644 $(wildcard docs/examples/*) \
	    $(DESTDIR)$(docdir)/examples/
	chmod 755 $(DESTDIR)$(docdir)/examples/srv-agent
	test -d $(DESTDIR)$(STORE_DIR) \
	    || $(INSTALL) -d -m 2750 $(DESTDIR)$(STORE_DIR)
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then set -ex; \
	    getent group $(STORE_GROUP) >/dev/null \
	        || groupadd --system $(STORE_GROUP); \
	    chown $(STORE_USER):$(STORE_GROUP) $(STORE_DIR); \
	    chmod 2750 $(STORE_DIR); \
	fi

clean:
	@if [ -x t/demo ]; then SRV_BUILD=$(abspath $(BUILD)) t/demo stop; fi
	rm -rf $(BUILD)
