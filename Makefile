# hayes. `make help` lists the targets and the variables they honour.

CC         ?= cc
CPPFLAGS   ?=
CFLAGS     ?= -O2 -g
LDFLAGS    ?=
PKG_CONFIG ?= pkg-config
LUA        ?= lua5.4
BUILD      ?= build

PREFIX      ?= /usr/local
DESTDIR     ?=
BINDIR      ?= $(PREFIX)/bin
INCLUDEDIR  ?= $(PREFIX)/include
LIBDIR      ?= $(PREFIX)/lib
SHAREDIR    ?= $(PREFIX)/share
INST_LUADIR ?= $(PREFIX)/share/lua/5.4
INST_LIBDIR ?= $(PREFIX)/lib/lua/5.4

# Where Lua's headers are, and its library; as LuaRocks names them. Found by pkg-config when not given.
LUA_INCDIR ?=
LUA_LIBDIR ?=

# auto: use libserialport when it is there. yes: insist on it. no: build without it (termios only).
SERIALPORT ?= auto

# Are the modules in software built, and installed? auto: when OpenSSL is there, which they need.
EMULATOR ?= auto

check_choice = $(if $(filter-out auto yes no,$($(1))),$(error $(1) is $($(1)); it must be auto, yes or no))
$(foreach name,SERIALPORT EMULATOR,$(call check_choice,$(name)))

lua_cflags = $(if $(LUA_INCDIR),-I$(LUA_INCDIR),$(shell $(PKG_CONFIG) --cflags lua5.4 2>/dev/null || $(PKG_CONFIG) --cflags lua 2>/dev/null))
lua_libs    = $(if $(LUA_LIBDIR),-L$(LUA_LIBDIR))

ifeq ($(SERIALPORT),auto)
  have_serialport = $(shell $(PKG_CONFIG) --exists libserialport 2>/dev/null && echo yes)
else
  have_serialport = $(filter yes,$(SERIALPORT))
endif
serialport_cflags = $(if $(have_serialport),-DHAYES_LIBSERIALPORT $(shell $(PKG_CONFIG) --cflags libserialport 2>/dev/null))
serialport_libs   = $(if $(have_serialport),$(or $(shell $(PKG_CONFIG) --libs libserialport 2>/dev/null),-lserialport))

ifeq ($(EMULATOR),auto)
  with_emulator = $(shell $(PKG_CONFIG) --exists openssl 2>/dev/null && echo yes)
else
  with_emulator = $(filter yes,$(EMULATOR))
endif

std      = -std=c11 -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64
warnings = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith
compile  = $(CC) $(std) $(warnings) $(CPPFLAGS) $(CFLAGS) -Icsrc -MMD -MP

core_sources     = $(sort $(wildcard csrc/at/*.c csrc/port/*.c csrc/lua/*.c))
emulator_sources = $(sort $(shell find csrc/emulator -name '*.c'))
core_objects     = $(core_sources:%.c=$(BUILD)/obj/%.o)
emulator_objects = $(emulator_sources:%.c=$(BUILD)/obj/%.o)
lua_sources      = $(sort $(shell find lua -name '*.lua'))

core     = $(BUILD)/hayes/core.so
emulator = $(BUILD)/hayes-emulator
program  = $(BUILD)/bin/hayes
library  = $(BUILD)/libhayes-at.a
version  = $(shell sed -n 's/.*_VERSION = "hayes \([^"]*\)".*/\1/p' lua/hayes/init.lua)

# Man pages and completion files, as they lie below SHAREDIR.
pages          = $(BUILD)/share
core_pages     = man/man1/hayes.1 man/man3/hayes.3 bash-completion/completions/hayes zsh/site-functions/_hayes \
                 fish/vendor_completions.d/hayes.fish
emulator_pages = man/man1/hayes-emulator.1

.PHONY: all man core emulator libhayes-at install-at uninstall-at env demo demo-ftp deps test dist deb specs lint format reference bench soak-ftp simulate simulate-mutants fuzz install install-core install-emulator uninstall soak mutants coverage valgrind matrix test-vm manual clean help
.DELETE_ON_ERROR:

all: core $(program) $(if $(with_emulator),emulator)

core: $(core)
emulator: $(emulator)
libhayes-at: $(library)

# The AT engine alone, for programs in C and C++ (see examples/c).
$(library): $(filter $(BUILD)/obj/csrc/at/%,$(core_objects))
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

$(core): $(core_objects)
	@mkdir -p $(@D)
	$(CC) -shared $(CFLAGS) $(LDFLAGS) $(lua_libs) -o $@ $^ $(serialport_libs) -pthread

$(emulator): $(emulator_objects)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lssl -lcrypto -lm

# The command; its sources are in lua/hayes/cli.
$(program): lua/hayes/cli/program.lua
	@mkdir -p $(@D)
	@sed '1s|lua5.4|$(LUA)|' $< >$@
	@chmod 755 $@

$(BUILD)/obj/csrc/lua/%.o: csrc/lua/%.c
	@mkdir -p $(@D)
	$(compile) -fPIC -fvisibility=hidden $(lua_cflags) -c -o $@ $<

$(BUILD)/obj/csrc/port/%.o: csrc/port/%.c
	@mkdir -p $(@D)
	$(compile) -fPIC -fvisibility=hidden $(serialport_cflags) -c -o $@ $<

$(BUILD)/obj/csrc/at/%.o: csrc/at/%.c
	@mkdir -p $(@D)
	$(compile) -fPIC -fvisibility=hidden -c -o $@ $<

$(BUILD)/obj/csrc/emulator/%.o: csrc/emulator/%.c
	@mkdir -p $(@D)
	$(compile) $(defines) -c -o $@ $<

$(BUILD)/obj/csrc/emulator/options.o: defines = -DHAYES_VERSION='"$(version)"'
$(BUILD)/obj/csrc/emulator/options.o: lua/hayes/init.lua

-include $(core_objects:.o=.d) $(emulator_objects:.o=.d)

# The lines a shell needs so that `require "hayes"` and the programs work from the checkout.
env:
	@echo 'export LUA_PATH="$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;$${LUA_PATH:-;}"'
	@echo 'export LUA_CPATH="$(abspath $(BUILD))/?.so;$${LUA_CPATH:-;}"'
	@echo 'export PATH="$(abspath $(BUILD))/bin:$(abspath $(BUILD)):$$PATH"'

demo:
	@.ci/packages demo
	@echo 'Building'
	@$(MAKE) -s all
	@eval "$$($(MAKE) -s env)" && exec $(LUA) examples/demo.lua

demo-ftp:
	@.ci/packages --check test
	@echo 'Building'
	@$(MAKE) -s all
	@eval "$$($(MAKE) -s env)" && exec $(LUA) examples/demo_ftp.lua

test:
	@.ci/packages test
	@exec spec/run

# Installs what building and testing need; other targets but demo and test only say what is missing.
deps:
	@.ci/packages test

# What a release is: the sources as they are committed.
dist:
	@mkdir -p $(BUILD)
	git archive --format=tar.gz --prefix=hayes-$(version)/ -o $(BUILD)/hayes-$(version).tar.gz HEAD

# A Debian package, built in a copy of the sources.
deb:
	@command -v dpkg-buildpackage dh >/dev/null || { echo 'deb: `apt install dpkg-dev debhelper` is missing' >&2; exit 1; }
	@rm -rf $(BUILD)/deb && mkdir -p $(BUILD)/deb
	git archive --prefix=hayes-$(version)/ HEAD | tar -xf - -C $(BUILD)/deb
	cp -R examples/debian $(BUILD)/deb/hayes-$(version)/debian
	cd $(BUILD)/deb/hayes-$(version) && dpkg-buildpackage -us -uc -b

# What a target that counts with a variable needs first.
whole-number-%:
	@spec/support/whole_number "$*" "$($*)"

# Mixed use for SECONDS, in which nothing that the program holds may grow.
soak: whole-number-SECONDS all
	@.ci/packages --check test
	@eval "$$($(MAKE) -s env)" && exec $(LUA) spec/soak/main.lua "$(or $(SECONDS),300)"

# Rounds of FTP transfers that are broken off and go on, by seed.
soak-ftp: whole-number-SEEDS whole-number-FIRST all
	@eval "$$($(MAKE) -s env)" && HAYES_SOAK_SEEDS="$(or $(SEEDS),60)" HAYES_SOAK_FIRST="$(or $(FIRST),1)" \
	  exec $(LUA) /usr/bin/busted spec/ftp/soak_spec.lua

# The library against a simulated module, by seed: see spec/simulation/README.md.
simulate: core
	@eval "$$($(MAKE) -s env)" && SEED="$(SEED)" SEEDS="$(SEEDS)" FIRST="$(FIRST)" ONLY="$(ONLY)" TRACE="$(TRACE)" \
	  MATTERED="$(MATTERED)" SCENE="$(SCENE)" exec $(LUA) spec/simulation/main.lua

simulate-mutants: whole-number-SEEDS core
	@eval "$$($(MAKE) -s env)" && SEEDS="$(SEEDS)" exec $(LUA) spec/simulation/mutants.lua $(MUTANTS)

# Small wrong changes, each in a copy of the checkout: do the specs notice them? MUTANTS: Lua patterns of names.
mutants: whole-number-JOBS all
	@eval "$$($(MAKE) -s env)" && LUA_PATH="spec/?.lua;$$LUA_PATH" JOBS="$(JOBS)" exec $(LUA) spec/mutants/main.lua $(MUTANTS)

# Each fuzzer for SECONDS; what it finds, and what it has learnt, is in $(BUILD)/fuzz.
fuzz: whole-number-SECONDS core
	@.ci/packages --check test
	@LUA="$(LUA)" exec spec/fuzz/run $(BUILD) -max_total_time=$(or $(SECONDS),60)

# What all specs reach, with the lines and files that they do not: some minutes. FILES: those to run in place of all.
coverage:
	@.ci/packages --check test
	@LUA="$(LUA)" LINES=1 spec/coverage/run -v build/coverage $(or $(FILES),spec)

valgrind: core
	@.ci/packages --check test
	@LUA="$(LUA)" spec/valgrind $(FILES)

# Other compilers and other machines. BUILDS: those to run in place of all.
matrix:
	@spec/matrix/run -n $(BUILDS)
	@.ci/packages matrix || true
	@LUA="$(LUA)" spec/matrix/run $(BUILDS)

# The library on the real driver of USB serial lines, in a machine that qemu emulates; LIMIT: seconds.
test-vm: whole-number-LIMIT
	@.ci/packages vm || true
	@$(MAKE) -s all
	@LUA="$(LUA)" BUILD="$(BUILD)" LIMIT="$(LIMIT)" exec spec/vm/run

lint:
	@.ci/packages --check test
	@exec spec/lint

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# One page a dialect, out of its declarations.
reference: core
	@mkdir -p $(BUILD)/reference
	@eval "$$($(MAKE) -s env)" && exec $(LUA) -e 'require("hayes.explain.reference").write("$(BUILD)/reference")'

# Pages in HTML that need no network, and the man page hayes(3): out of the comments of lua/hayes, the rules of options,
# the dialects, and the chapters in manual/.
manual: core
	@mkdir -p $(BUILD)/manual/luals $(pages)/man/man3
	@eval "$$($(MAKE) -s env)" && LUA_PATH="./?.lua;$$LUA_PATH" \
	  exec $(LUA) manual/generator/main.lua "$(BUILD)/manual" "$(pages)"

# Out of the parser of the command and the emulator's --help. Needs what the command needs.
man: all manual
	@eval "$$($(MAKE) -s env)" && $(if $(with_emulator),$(emulator) --help,:) | \
	  $(LUA) -e 'require("hayes.cli.manual").write("$(pages)", io.read "a")'

bench: whole-number-BENCH_MIB whole-number-BENCH_TURNS whole-number-BENCH_ROUNDS all
	@eval "$$($(MAKE) -s env)" && spec/bench/run && $(LUA) spec/bench/sharing.lua && exec $(LUA) spec/bench/transfer.lua $(BENCH_MIB)

define install_pages
	@if $(MAKE) -s man >/dev/null 2>&1; then \
	  for file in $(1); do install -D -m 644 "$(pages)/$$file" "$(DESTDIR)$(SHAREDIR)/$$file" || exit 1; done; \
	else \
	  echo 'Left out: $(1) (make man says why).'; \
	fi
endef

install: install-core $(if $(with_emulator),install-emulator)

install-core: core $(program)
	install -d "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(INST_LIBDIR)/hayes"
	install -m 755 $(core) "$(DESTDIR)$(INST_LIBDIR)/hayes/core.so"
	install -m 755 $(program) "$(DESTDIR)$(BINDIR)/hayes"
	for file in $(lua_sources:lua/%=%); do \
	  install -D -m 644 "lua/$$file" "$(DESTDIR)$(INST_LUADIR)/$$file" || exit 1; \
	done
	$(call install_pages,$(core_pages))

install-emulator: emulator
	install -d "$(DESTDIR)$(BINDIR)"
	install -m 755 $(emulator) "$(DESTDIR)$(BINDIR)/hayes-emulator"
	$(call install_pages,$(emulator_pages))

install-at: $(library)
	install -d "$(DESTDIR)$(INCLUDEDIR)/hayes" "$(DESTDIR)$(LIBDIR)/pkgconfig"
	install -m 644 csrc/at/at.h "$(DESTDIR)$(INCLUDEDIR)/hayes/at.h"
	install -m 644 $(library) "$(DESTDIR)$(LIBDIR)/libhayes-at.a"
	printf '%s\n' 'Name: hayes-at' 'Description: AT engine for hosts of serial modules' 'Version: $(version)' \
	  'Cflags: -I$(INCLUDEDIR)' 'Libs: -L$(LIBDIR) -lhayes-at' >"$(DESTDIR)$(LIBDIR)/pkgconfig/hayes-at.pc"

uninstall-at:
	rm -f "$(DESTDIR)$(INCLUDEDIR)/hayes/at.h" "$(DESTDIR)$(LIBDIR)/libhayes-at.a" \
	  "$(DESTDIR)$(LIBDIR)/pkgconfig/hayes-at.pc"
	-rmdir "$(DESTDIR)$(INCLUDEDIR)/hayes" 2>/dev/null

uninstall:
	rm -f "$(DESTDIR)$(BINDIR)/hayes-emulator" "$(DESTDIR)$(BINDIR)/hayes"
	rm -rf "$(DESTDIR)$(INST_LIBDIR)/hayes" "$(DESTDIR)$(INST_LUADIR)/hayes"
	rm -f $(patsubst %,"$(DESTDIR)$(SHAREDIR)/%",$(core_pages) $(emulator_pages))

clean:
	rm -rf "$(BUILD)"

help:
	@echo 'all        build the library, the command hayes and, with OpenSSL, the emulator into $(BUILD)/ (the default)'
	@echo 'demo       install what is missing, build, and do a verified TLS exchange with no hardware'
	@echo 'deps       install what building and testing need (Debian)'
	@echo 'demo-ftp   8 MiB to an FTPS server and back through a module in software, the link being cut on the way'
	@echo 'test       install what is missing, build, and run every check'
	@echo 'lint       the static checks alone'
	@echo 'soak       mixed use for SECONDS (300), in which nothing that the program holds may grow'
	@echo 'soak-ftp   SEEDS (60) rounds of FTP transfers that break, from the seed FIRST (1) on'
	@echo 'simulate   SEEDS (2000) runs against a simulated module, from the seed FIRST (1) on; one with SEED, TRACE=1, ONLY=…'
	@echo 'simulate-mutants   are the bugs of spec/simulation/mutants found by simulation?'
	@echo 'mutants    small wrong changes in copies of the checkout: do the specs notice them? MUTANTS: patterns; JOBS (2)'
	@echo 'fuzz       each fuzzer of the engine, the emulator and the readers of files for SECONDS (60)'
	@echo 'coverage   branches of the C sources and lines of the Lua sources that the specs reach, and what they do not'
	@echo 'valgrind   a representative part of the specs under valgrind'
	@echo 'matrix     engine and core built by gcc, clang, without libserialport, for musl, and for 32-bit and big-endian machines'
	@echo 'test-vm    the kernel'"'"'s driver of USB serial lines in qemu: a module is unplugged in a TLS exchange; about 100 MB of packages'
	@echo 'bench      figures: AT round trips, reads and sends against a raw C loop; how connections share the line; a file of BENCH_MIB'
	@echo '           (1024) by FTP'
	@echo 'reference  write what the dialects declare to $(BUILD)/reference/<dialect>.md'
	@echo 'manual     write the manual, in HTML that needs no network, to $(BUILD)/manual (index.html), the man page hayes(3), and'
	@echo '           what editors with LuaLS read (luals/hayes.lua)'
	@echo 'man        write the man pages and the completion files of shells to $(BUILD)/share'
	@echo 'env        print the lines that make `require "hayes"` work from this checkout'
	@echo 'install    into $$DESTDIR$$PREFIX; uninstall takes it out again'
	@echo 'install-core, install-emulator   the library and the command alone; the emulator alone, which needs OpenSSL'
	@echo 'libhayes-at, install-at, uninstall-at   the AT engine alone, for programs in C and C++ (examples/c)'
	@echo 'dist       $(BUILD)/hayes-VERSION.tar.gz of what is committed'
	@echo 'deb        Debian packages in $(BUILD)/deb, by examples/debian'
	@echo 'format     run clang-format over the C sources'
	@echo 'clean      remove $(BUILD)/'
	@echo
	@echo 'Variables: CC CPPFLAGS CFLAGS LDFLAGS PKG_CONFIG LUA LUA_INCDIR LUA_LIBDIR (headers and library of Lua),'
	@echo '           SERIALPORT=auto|yes|no, EMULATOR=auto|yes|no, BUILD, DESTDIR PREFIX BINDIR SHAREDIR INST_LUADIR INST_LIBDIR INCLUDEDIR LIBDIR'
