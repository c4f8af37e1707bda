package Bench::DnsServers;

# The servers that are compared: what each is called, which program it needs,
# and how it is told to serve one zone on one address with one thread.
#
# A spec has
#
#   name          of its row, and for --servers
#   program       that has to be installed
#   command       a sub, called with the arguments of Bench::DnsServer->start:
#                 writes what the server needs into dir, returns the command
#   ours          1: takes part in fleets that are too large for the others
#   load          options of dns_load, where they are not those of all
#   echo          1: no server, takes no part in what needs an answer
#   devices       of its own fleet, if that is another
#   address       where it is asked; loopback unless said otherwise
#   prefix        words before the server's command, and
#   client_prefix before the client's, such as `ip netns exec <name>`
#   setup         a sub, called before all of the rest: false leaves the server
#                 out
#   teardown      a sub, called at the end
#
# Extra work is turned off everywhere: rate limiting, logs of queries, DNSSEC.
# What the rate limit costs has a row of its own.

use strict;
use warnings;

use Carp qw(croak);
use Exporter qw(import);

use Bench::Fleet;
use SrvRegistrar::Nsd qw(nsd_command);
use SrvRegistrar::Process qw(program);

our @EXPORT_OK = qw(dns_servers);

use constant ZONE => Bench::Fleet::ZONE;

# As much as dnsd can count: what is asked here stays below it.
use constant RATE_LIMIT => 60000;

# BIND listens on addresses that an interface has, and the others in 127/8 are
# only a route.
use constant INTERFACE => '127.0.0.1';


# In the order of the table's rows.  A server is measured as it answers with
# the fewest bytes, and where it can be told so, once more with the target's
# address and the authority section.

sub dns_servers
{
    my ($signed) = @_;

    return $signed ? signed_servers() : (
        { name => 'dnsd', ours => 1, command => sub { dnsd(0, @_) } },
        { name => 'dnsd limiting', ours => 1,
          command => sub { dnsd(RATE_LIMIT, @_) } },
        { name => 'reflector x64', echo => 1, ours => 1,
          command => sub { reflector(64, @_) } },
        { name => 'reflector x1', echo => 1, ours => 1,
          command => sub { reflector(1, @_) } },
        { name => 'gdnsd', program => 'gdnsd', command => \&gdnsd },
        { name => 'nsd', program => 'nsd',
          command => sub { nsd('yes', @_) } },
        { name => 'nsd full', program => 'nsd',
          command => sub { nsd('no', @_) } },
        { name => 'knot', program => 'knotd', command => \&knot },
        { name => 'named', program => 'named', address => INTERFACE,
          command => sub { named('yes', @_) } },
        { name => 'named full', program => 'named', address => INTERFACE,
          command => sub { named('no', @_) } },
        { name => 'pdns', program => 'pdns_server', command => \&pdns },
    );
}


# With a signed zone: known names, with DO and without; and names that do not
# exist, each of which takes dnsd a signature.

sub signed_servers
{
    my @plain = ('--edns', 1232);
    my @ok = (@plain, '--do', '--signed');
    my @known = ('--mix', '75,20,0,5');
    my @absent = ('--mix', '0,0,1,0');
    my @dnsd = (ours => 1, command => sub { dnsd_signing(@_) });
    my @knot = (program => 'knotd', command => \&knot);

    return (
        { name => 'dnsd', @dnsd, load => [@ok, @known] },
        { name => 'dnsd without DO', @dnsd, load => [@plain, @known] },
        { name => 'dnsd absent', @dnsd, load => [@ok, @absent] },
        { name => 'dnsd absent without DO', @dnsd, load => [@plain, @absent] },
        { name => 'knot', @knot, load => [@ok, @known] },
        { name => 'knot without DO', @knot, load => [@plain, @known] },
        { name => 'knot absent', @knot, load => [@ok, @absent] },
    );
}


# As many signatures as are asked for.

sub dnsd_signing
{
    my (%args) = @_;

    return (dnsd(0, %args), '--keys', $args{fleet}->keys(), '--sign-rate',
        1_000_000);
}


sub dnsd
{
    my ($limit, %args) = @_;

    return ("$args{build}/dnsd", '--threads', 1, '--store',
        $args{fleet}->store(), '--listen', "$args{address}\@$args{port}",
        '--rate-limit', $limit);
}


sub reflector
{
    my ($batch, %args) = @_;

    return ("$args{build}/bench/dns_reflect",
        "$args{address}\@$args{port}", $args{reply_bytes}, $batch);
}


sub gdnsd
{
    my (%args) = @_;

    mkdir("$args{dir}/zones");
    symlink($args{fleet}->zone(), "$args{dir}/zones/" . ZONE);

    write_file("$args{dir}/config", <<"END");
options => {
    listen => { $args{address}:$args{port} => {} }
    udp_threads = 1
    tcp_threads = 1
    run_dir = $args{dir}/run
    state_dir = $args{dir}/state
}
END

    return (program('gdnsd'), '-c', $args{dir}, 'start');
}


sub nsd
{
    my ($minimal, %args) = @_;

    return nsd_command(%args, zone => ZONE, file => $args{fleet}->zone(),
        options => ["minimal-responses: $minimal",
                    'rrl-whitelist-ratelimit: 0']);
}


sub knot
{
    my (%args) = @_;
    my $zone = $args{fleet}->zone();

    write_file("$args{dir}/knot.conf", <<"END");
server:
    rundir: "$args{dir}"
    listen: $args{address}\@$args{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "$args{dir}"
template:
  - id: default
    semantic-checks: off
    zonefile-sync: -1
    journal-content: none
zone:
  - domain: @{[ZONE]}
    file: "$zone"
END

    return (program('knotd'), '-c', "$args{dir}/knot.conf");
}


sub named
{
    my ($minimal, %args) = @_;
    my $zone = $args{fleet}->zone();

    write_file("$args{dir}/named.conf", <<"END");
options {
    directory "$args{dir}";
    listen-on port $args{port} { $args{address}; };
    listen-on-v6 { none; };
    pid-file "$args{dir}/named.pid";
    session-keyfile "$args{dir}/session.key";
    recursion no;
    allow-query { any; };
    dnssec-validation no;
    notify no;
    minimal-responses $minimal;
    check-integrity no;
    prefetch 0;
};
controls { };
logging { category default { null; }; };
zone "@{[ZONE]}" {
    type primary;
    file "$zone";
    masterfile-format text;
};
END

    return (program('named'), '-f', '-n', 1, '-U', 1, '-c',
        "$args{dir}/named.conf");
}


# Its caches are off: they would answer from a copy that does not see what
# another process writes.

sub pdns
{
    my (%args) = @_;

    my $data = $args{fleet}->derived('pdns', sub { pdns_load(@_, %args) });

    write_pdns($args{dir}, $data, <<"END");
local-address=$args{address}
local-port=$args{port}
socket-dir=$args{dir}
daemon=no
guardian=no
receiver-threads=1
distributor-threads=1
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
loglevel=3
disable-syslog=yes
END

    return (program('pdns_server'), "--config-dir=$args{dir}");
}


sub pdns_load
{
    my ($data, %args) = @_;

    mkdir($data) or croak("$data: $!");
    write_pdns($args{dir}, $data, '');

    my $log = qx{@{[program('pdnsutil')]} --config-dir=$args{dir} \\
        load-zone @{[ZONE]} @{[$args{fleet}->zone()]} 2>&1};

    croak("pdnsutil:\n$log") if $? != 0;
}


sub write_pdns
{
    my ($dir, $data, $more) = @_;

    write_file("$dir/pdns.conf", <<"END");
launch=lmdb
lmdb-filename=$data/zones
lmdb-shards=1
$more
END
}


sub write_file
{
    my ($path, $text) = @_;

    open(my $file, '>', $path) or croak("$path: $!");
    print $file $text;
    close($file) or croak("$path: $!");
}


1;
