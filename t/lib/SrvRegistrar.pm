package SrvRegistrar;

# The test bench: nginx with our module and dnsd over one store, in a
# directory of their own, on an address of their own.
#
#   my $t = SrvRegistrar->new();
#   $t->configure(zone => 'max_rrsets 4;');
#   $t->start();                          # nginx, and dnsd where asked for
#
#   my $device = $t->device('device');    # SrvRegistrar::Device
#   is($device->enroll()->{status}, 201, 'enrolled');
#
# Quality is the bench's business: when a test ends, a line above [error] in
# nginx's log, a worker that died of a signal, or a sanitizer's report fails
# it, unless the test said `$t->allow_log(qr/.../)`.
#
# Environment: SRV_BUILD where module and dnsd are (build/), SRV_ASAN=1 where
# they are sanitized, SRV_KEEP=1 keeps the directory, SRV_DEBUG=1 logs all.

use strict;
use warnings;

use Carp qw(croak);
use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Temp ();
use IO::Socket::INET;
use Test::More ();

use SrvRegistrar::Certificates;
use SrvRegistrar::Client;
use SrvRegistrar::Configuration;
use SrvRegistrar::Process qw(free_port program time_limit wait_until);

use parent qw(SrvRegistrar::Nginx);

our @EXPORT_OK = qw(outcome wait_until free_port program);

use constant ROOT  => abs_path(dirname(__FILE__) . '/../..');
use constant BUILD => abs_path($ENV{SRV_BUILD} // ROOT . '/build');
use constant ASAN  => $ENV{SRV_ASAN} // 0;

use constant TEST_TIMEOUT => ASAN ? 480 : 240;

use constant ZONE => <<'END';
$ORIGIN devices.example.
$TTL 300
@    SOA  ns hostmaster 1 7200 900 1209600 60
     NS   ns
ns   A    192.0.2.53
www  A    192.0.2.80
END

my %benches;                      # address of the object => object, for END


# zone       the zone's name, devices.example
# zone_text  its file
# workers    2
# dnssec     an algorithm, 13 or 15, or a list of them: the zone is signed
#            with keys made for it (SrvRegistrar::Dnssec, in $t->{keys})

sub new
{
    my ($class, %args) = @_;

    time_limit(TEST_TIMEOUT);

    my $self = bless {
        zone      => 'devices.example',
        zone_text => ZONE,
        workers   => 2,
        owner     => $$,
        address   => own_address(),
        dir       => File::Temp::tempdir('srv-registrar-XXXXXX', TMPDIR => 1,
                                         CLEANUP => !$ENV{SRV_KEEP}),
        slots     => {},
        allowed   => [],
        %args,
    }, $class;

    Test::More::diag("in $self->{dir}") if $ENV{SRV_KEEP};

    $self->{port} //= free_port($self->{address});
    $self->{dns_port} //= free_port($self->{address});
    $self->prepare_files();
    $self->prepare_keys() if $self->{dnssec};

    $self->{client} = SrvRegistrar::Client->new(
        address => $self->{address},
        port    => $self->{port},
        ca      => $self->{certificates}->pem('server-ca'),
    );

    $benches{$self} = $self;

    return $self;
}


# All of 127/8 is loopback, so every process gets an address of its own and
# tests that run side by side never want the same port.

sub own_address
{
    return sprintf('127.%d.%d.%d', 128 + ($$ >> 16) % 64, ($$ >> 8) % 256,
        $$ % 256);
}


sub prepare_files
{
    my ($self) = @_;

    my $certs = SrvRegistrar::Certificates->new($self->{dir});

    mkdir("$self->{dir}/store") or croak("store: $!");
    mkdir("$self->{dir}/temp");

    $self->write("$self->{zone}.zone", $self->{zone_text});
    $self->write('secrets', 'name ' . '11' x 32 . "\n" . 'key 1 '
        . '22' x 32 . "\n");
    chmod(0600, $self->path('secrets'));

    $certs->ca('manufacturer');
    $certs->ca('server-ca');
    $certs->certificate('server', ca => 'server-ca',
        ext => ["subjectAltName=DNS:registrar.example,IP:$self->{address}"]);

    $self->{certificates} = $certs;
}


sub prepare_keys
{
    my ($self) = @_;

    require SrvRegistrar::Dnssec;

    $self->{keys} = SrvRegistrar::Dnssec->new(
        zone       => $self->{zone},
        dir        => $self->path('keys'),
        algorithms => ref($self->{dnssec}) ? $self->{dnssec}
                                           : [$self->{dnssec}],
    );

    $self->{slots}{dnssec} = $self->{keys}->lines();

    # a test's dnsd goes on as whoever made them
    $self->allow_log(qr/can still be read by dnsd at work/);
}


sub path { return "$_[0]{dir}/$_[1]" }


sub write
{
    my ($self, $name, $text) = @_;

    open(my $file, '>', $self->path($name)) or croak("$name: $!");
    print $file $text;
    close($file) or croak("$name: $!");
}


sub read
{
    my ($self, $name) = @_;

    open(my $file, '<', $self->path($name)) or return '';
    local $/;

    return scalar(<$file>) // '';
}


# Adds to the configuration; a later call replaces a slot.
#
#   main, http, zone, server, enroll, records, key, credentials
#               lines at that place
#   servers     whole further server{} and srv_registrar_zone{} blocks
#   dnssec      the zone's lines of DNSSEC, in place of those that
#               `dnssec` of new() made
#   lease       "30s 2h 1d";  service  the list;  zone_base  replaces the
#               whole of the zone's body but `file`
#   connections of a worker, 512
#   full        a whole nginx.conf in place of the bench's; in it and in
#               all slots %%DIR%%, %%ADDRESS%%, %%PORT%%, %%DNS_PORT%%,
#               %%MODULE%% and %%ZONE%% stand for this bench's

sub configure
{
    my ($self, %slots) = @_;

    @{ $self->{slots} }{keys %slots} = values %slots;
    $self->write('nginx.conf', $self->configuration());
}


sub configuration { return SrvRegistrar::Configuration::text($_[0]) }


# Starts nginx and waits until it takes connections and the zone stands in
# the store; croaks with its log if it does not.  dnsd => 1 starts dnsd too.

sub start
{
    my ($self, %args) = @_;

    $self->configure() if !-e $self->path('nginx.conf');

    $self->start_nginx();

    if ($args{dnsd}) {
        # A dnsd that comes first would say that it has nothing to serve.
        wait_until(sub { $self->store_check()->{zones} })
            or croak("no zone was published:\n" . $self->read('error.log'));
        $self->start_dnsd();
    }
}


sub run
{
    my (@command) = @_;

    my $pid = open(my $pipe, '-|') // croak("fork: $!");

    if ($pid == 0) {
        open(STDERR, '>&', \*STDOUT);
        exec { $command[0] } @command or POSIX::_exit(127);
    }

    my $output = do { local $/; <$pipe> } // '';

    close($pipe);

    return $output;
}


# A master kills the workers that are not through a second after it told them
# to end: on a busy machine that is no fault of theirs.

sub stop
{
    my ($self) = @_;

    $self->allow_log(map { qr/process $_ exited on signal 9/ }
        $self->workers()) if $self->{nginx} && $self->{nginx}->alive();

    $_->stop() for grep { defined } @{$self}{qw(dnsd nginx)};
    delete $self->{nginx};
}


# Starts dnsd over the same store (a SrvRegistrar::Dnsd, in $t->{dnsd});
# further options as given.

sub start_dnsd
{
    my ($self, @options) = @_;

    require SrvRegistrar::Dnsd;

    push(@options, '--keys', $self->{keys}->directory(grep { /^zsk/ }
        @{ $self->{keys}{first} })) if $self->{keys} && "@options" !~ /--keys/;

    $self->{dnsd} = SrvRegistrar::Dnsd->new(
        store   => $self->path('store'),
        address => $self->{address},
        port    => $self->{dns_port},
    );
    $self->{dnsd}->start(@options);
}


# Asks dnsd: SrvRegistrar::Dnsd::query.  Where no reply comes in time it is
# asked once more: on a busy machine a datagram may be lost.

sub query
{
    my ($self, @question) = @_;

    return $self->{dnsd}->query(@question) // $self->{dnsd}->query(@question);
}


# The answer section as sorted lines "owner type data", TTLs left out.

sub answers
{
    my ($self, $name, $type, %args) = @_;

    my $packet = $self->query($name, $type, %args) or return undef;

    return join("\n", sort map { lc(join(' ', $_->owner, $_->type, $_->rdstring))
        } $packet->answer);
}


# A request over TLS; see SrvRegistrar::Client.  cert may be a name.

sub request
{
    my ($self, $method, $target, %args) = @_;

    if (defined($args{cert}) && !ref($args{cert})) {
        $args{cert} = $self->certificate_files($args{cert});
    }

    return $self->{client}->request($method, $target, %args);
}


sub certificate_files
{
    my ($self, $name) = @_;

    return [$self->{certificates}->pem($name),
            $self->{certificates}->key($name)];
}


# A reply in a line: "200"; where it is a problem, "401 stale-signature", and
# "422 member-invalid services[0].port" where that names a member.

sub outcome
{
    my ($reply) = @_;

    return 'no reply' if !$reply;

    my $json = ref($reply->{json}) eq 'HASH' ? $reply->{json} : {};
    my ($type) = ($json->{type} // '') =~ /^urn:srv-registrar:problem:(.+)/
        or return $reply->{status};

    return join(' ', $reply->{status}, $type, $json->{member} // ());
}


# The serial that dnsd shows.

sub serial
{
    my ($self) = @_;

    my ($soa) = $self->query($self->{zone}, 'SOA')->answer;

    return $soa->serial;
}


# What `srvctl check` counts: { devices => 2, txn => 12, damaged => 0,
# map => used bytes, ... }; `text` is what it said.

sub store_check
{
    my ($self) = @_;

    my $text = $self->srvctl('check');
    my ($line) = $text =~ /^(zones .*)$/m;

    return { text => $text, ($line // '') =~ /(\w+) (\d+)/g };
}


# What srvctl says of the store; its exit status is in $?.

sub srvctl
{
    my ($self, @arguments) = @_;

    return run(BUILD . '/srvctl', '--store', $self->path('store'),
        @arguments);
}


# The slots of readers that are taken, by the dead, too.  mdb_stat looks and
# touches nothing; to open the store would clear them.

sub readers
{
    my ($self) = @_;

    my $list = run('mdb_stat', '-r', $self->path('store'));

    return scalar(() = $list =~ /^\s*\d+ [0-9a-f]+ \S+$/mg);
}


# A device of the manufacturer's; the arguments are of
# SrvRegistrar::Certificates::certificate.

sub device
{
    my ($self, $name, %args) = @_;

    require SrvRegistrar::Device;

    $self->{certificates}->certificate($name, ca => 'manufacturer', %args);

    return SrvRegistrar::Device->new(bench => $self, name => $name);
}


# Lines of error logs that this test provokes on purpose.

sub allow_log
{
    my ($self, @patterns) = @_;

    push(@{ $self->{allowed} }, @patterns);
}


# Waits until the error log has a line that matches.

sub wait_log
{
    my ($self, $pattern, $timeout) = @_;

    return wait_until(sub { $self->read('error.log') =~ $pattern }, $timeout);
}


# What must not be in any log: lines that say so.

sub complaints
{
    my ($self) = @_;

    my @bad;

    for my $file (glob("$self->{dir}/*.log $self->{dir}/sanitizer*")) {
        open(my $log, '<', $file) or next;

        while (my $line = <$log>) {
            next if $file !~ /sanitizer/
                && $line !~ /\[(?:alert|emerg|crit)\]|exited on signal
                            |(?:ERROR|WARNING):\s\w+Sanitizer
                            |runtime\serror:|core\sdumped/x;
            next if grep { $line =~ $_ } @{ $self->{allowed} };
            push(@bad, $line);
        }
    }

    return @bad;
}


sub finish
{
    my ($self) = @_;

    my $alive = !$self->{nginx} || $self->{nginx}->alive();

    $self->stop();

    my @bad = $self->complaints();

    push(@bad, "nginx had ended\n" . $self->read('nginx.out')) if !$alive;
    push(@bad, $self->dnsd_complaints()) if $self->{dnsd};

    return @bad;
}


# dnsd says little; what it does not usually say is a fault.

sub dnsd_complaints
{
    my ($self) = @_;

    my $dnsd = $self->{dnsd};
    my @allowed = (SrvRegistrar::Dnsd->USUAL, @{ $dnsd->{allowed} },
        @{ $self->{allowed} });
    my @bad;

    for my $line (split(/^/, $dnsd->log())) {
        push(@bad, $line) if !grep { $line =~ $_ } @allowed;
    }

    return @bad;
}


# Tests have nothing to call: the checks run when the process ends, and a
# failed one is its exit status.

END {
    my $status = $?;
    my @bad = map { $_->finish() } grep { $_->{owner} == $$ } values(%benches);

    Test::More::diag("what a log must not hold:\n", @bad) if @bad;

    if ($status || @bad) {
        for (grep { $_->{owner} == $$ } values(%benches)) {
            my @lines = split(/^/, $_->read('error.log'));
            Test::More::diag('the end of error.log:', "\n",
                @lines > 20 ? @lines[-20 .. -1] : @lines);
        }
    }

    $? = $status || (@bad ? 1 : 0);
}


1;
