package SrvRegistrar::Dnsd;

# dnsd alone over a store that the test fills, on an address and in a
# directory of its own.
#
#   my $d = SrvRegistrar::Dnsd->new();
#   $d->fill($text);                      # see t/tools/store_fill.c
#   $d->start('--threads', 1);
#   my $reply = $d->query('www.devices.example', 'A');    # Net::DNS::Packet
#   is($d->stop(), 0, 'stopped');
#
# When the test ends, dnsd must have ended by its own will, and its log must
# hold nothing but what every run says and what the test allowed with
# `$d->allow_log(qr/.../)`: a sanitizer's report fails every test.

use strict;
use warnings;

use Carp qw(croak);
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use Net::DNS;
use POSIX ();
use Test::More ();
use Time::HiRes ();

use SrvRegistrar::Process qw(free_port time_limit wait_until);

use constant ROOT  => abs_path(dirname(__FILE__) . '/../../..');
use constant BUILD => abs_path($ENV{SRV_BUILD} // ROOT . '/build');

use constant TEST_TIMEOUT => 300;

use constant USUAL => qr/^dnsd:\ (?: store:\ serving | keys:\  | store:\ .*\ was\ replaced
                        | tcp:\ \d+\ connections\ at\ most,\ for\ 32768
                        | listening\ on | counters: | stats: | stopped
                        | warning:\ running\ as\ root )/x;

my %all;                                 # for END


# One zone with a bit of everything; tests add to it.

use constant ZONE => <<'END';
zone devices.example
rr @ 3600 SOA ns1 hostmaster 1 3600 600 86400 300
rr @ 3600 NS ns1
rr @ 3600 NS ns.other.test.
rr @ 300 MX 10 mail
rr ns1 3600 A 192.0.2.1
rr ns1 3600 AAAA 2001:db8::1
rr mail 300 A 192.0.2.2
rr www 300 CNAME mail
rr deep.er.static 300 TXT "below"
END

use constant DEVICE => <<'END';
device dev1
set @ A 60 +86400 203.0.113.7
set @ AAAA 60 +86400 2001:db8::7
set _xmpp-server._tcp SRV 60 +86400 0 0 15269 @
END


sub new
{
    my ($class, %args) = @_;

    $SIG{PIPE} = 'IGNORE';
    time_limit(TEST_TIMEOUT);

    my $self = bless {
        owner   => $$,
        address => sprintf('127.%d.%d.%d', 192 + ($$ >> 16) % 32,
                           ($$ >> 8) % 256, $$ % 256),
        dir     => File::Temp::tempdir('dnsd-XXXXXX', TMPDIR => 1,
                                       CLEANUP => !$ENV{SRV_KEEP}),
        allowed => [],
        %args,
    }, $class;

    chmod(0755, $self->{dir});
    $self->{store} //= "$self->{dir}/store";
    $self->{port} //= free_port($self->{address});
    $all{$self} = $self;

    return $self;
}


sub allow_log
{
    my ($self, @patterns) = @_;

    push(@{ $self->{allowed} }, @patterns);
}


# Writes the text into a store, ours unless said otherwise.

sub fill
{
    my ($self, $text, $store) = @_;

    open(my $pipe, '|-', BUILD . '/t/store_fill', $store // $self->{store})
        or croak("store_fill: $!");
    print $pipe $text;
    close($pipe) or croak("store_fill failed: $?");
}


# Starts dnsd; waits until it listens.  Without a rate limit unless the test
# sets one: tests ask a few names as fast as they can, from one address.

sub start
{
    my ($self, @options) = @_;

    my $before = length($self->log());

    $self->spawn('--store', $self->{store}, '--listen',
                 "$self->{address}\@$self->{port}",
                 @{ $self->{options} // ['--rate-limit', 0] }, @options);

    wait_until(sub {
        substr($self->log(), $before) =~ /listening/ || !$self->alive()
    }) && $self->alive() or croak("dnsd did not start:\n" . $self->log());

    return $self;
}


sub spawn
{
    my ($self, @options) = @_;

    delete $self->{status};
    my @command = (@{ $self->{wrapper} // [] }, BUILD . '/dnsd', @options);

    defined($self->{pid} = fork()) or croak("fork: $!");

    if ($self->{pid} == 0) {
        open(STDIN, '<', '/dev/null');
        open(STDOUT, '>>', "$self->{dir}/log");
        open(STDERR, '>&', \*STDOUT);
        exec { $command[0] } @command or POSIX::_exit(127);
    }
}


# Runs dnsd to its end: (exit status, what it said).

sub run
{
    my ($self, @options) = @_;

    my $before = length($self->log());

    $self->spawn(@options);
    wait_until(sub { !$self->alive() }) or croak('dnsd goes on');

    return ($self->{status}, substr($self->log(), $before));
}


sub alive
{
    my ($self) = @_;

    if ($self->{pid} && waitpid($self->{pid}, POSIX::WNOHANG()) != 0) {
        $self->{status} = $? & 127 ? 'signal ' . ($? & 127) : $? >> 8;
        delete $self->{pid};
    }

    return defined($self->{pid});
}


# Ends dnsd; returns its exit status.

sub stop
{
    my ($self, $signal) = @_;

    if ($self->alive()) {
        kill($signal // 'TERM', $self->{pid});
        wait_until(sub { !$self->alive() }) or croak('dnsd goes on');
    }

    return $self->{status};
}


sub log
{
    my ($self) = @_;

    open(my $file, '<', "$self->{dir}/log") or return '';
    local $/;

    return scalar(<$file>) // '';
}


# True when a line of the log has come that matches.

sub wait_log
{
    my ($self, $pattern, $timeout) = @_;

    return wait_until(sub { $self->log() =~ $pattern }, $timeout);
}


# What dnsd counted: { NOERROR => 1, ... }.

sub counters
{
    my ($self) = @_;

    my $before = () = $self->log() =~ /^dnsd: counters:/mg;

    kill('USR1', $self->{pid});
    wait_until(sub {
        $before < (() = $self->log() =~ /^dnsd: counters:/mg)
    }) or croak('no counters');

    my ($last) = reverse($self->log() =~ /^dnsd: counters: (.*)$/mg);

    return { split(' ', $last) };
}


# The same as the metrics have it, without zeros:
# { 'dnsd_tcp_closed_total{reason="idle"}' => 1, ... }.

sub stats
{
    my ($self) = @_;

    my $before = length($self->log());

    $self->counters();

    return { substr($self->log(), $before) =~ /^dnsd: stats: (\S+) (\S+)$/mg };
}


# A query as Net::DNS makes it; options: rd, cd, ad, edns (size), do, id.

sub packet
{
    my ($self, $name, $type, %options) = @_;

    my $packet = Net::DNS::Packet->new($name, $type // 'A',
                                       $options{class} // 'IN');
    my $header = $packet->header();

    $header->rd($options{rd} // 0);
    $header->cd($options{cd} // 0);
    $header->ad($options{ad} // 0);
    $packet->edns->size($options{edns}) if $options{edns};
    $header->do(1) if $options{do};

    return $packet;
}


# Asks and decodes; tcp => 1, and packet's options.

sub query
{
    my ($self, $name, $type, %options) = @_;

    my $bytes = $self->packet($name, $type, %options)->data();
    my $reply = $options{tcp} ? $self->ask_tcp($bytes) : $self->ask($bytes);

    return defined($reply) ? scalar(Net::DNS::Packet->new(\$reply)) : undef;
}


# Bytes by UDP; the reply's bytes, undef where none came in time.

sub ask
{
    my ($self, $bytes, $timeout) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => $self->{address},
        PeerPort => $self->{port}, Proto => 'udp') or croak("socket: $!");

    $socket->send($bytes);
    IO::Select->new($socket)->can_read($timeout // 10) or return undef;
    defined($socket->recv(my $reply, 65535)) or return undef;

    return $reply;
}


sub ask_tcp
{
    my ($self, $bytes) = @_;

    my $socket = $self->connect();

    print $socket pack('n/a*', $bytes);

    return $self->read_tcp($socket);
}


# By TCP; a socket's options, such as LocalAddr or another PeerPort.

sub connect
{
    my ($self, %options) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => $self->{address},
        PeerPort => $self->{port}, Proto => 'tcp', Timeout => 10, %options)
        or croak("connect: $!");
    $socket->autoflush(1);

    return $socket;
}


# One message of a connection; undef where it ended or nothing came.

sub read_tcp
{
    my ($self, $socket, $timeout) = @_;

    my $length = read_bytes($socket, 2, $timeout) // return undef;

    return read_bytes($socket, unpack('n', $length), $timeout);
}


sub read_bytes
{
    my ($socket, $n, $timeout) = @_;

    my $bytes = '';

    while (length($bytes) < $n) {
        IO::Select->new($socket)->can_read($timeout // 15) or return undef;
        sysread($socket, $bytes, $n - length($bytes), length($bytes))
            or return undef;
    }

    return $bytes;
}


# "name TTL type data" of each RR of a section, sorted, lower case.

sub section
{
    my (@rrs) = @_;

    return [ sort map {
        lc(join(' ', $_->owner(), $_->ttl(), $_->type(), $_->rdstring()))
    } grep { $_->type() ne 'OPT' } @rrs ];
}


# A raw query: header words from %header, the question's bytes.

sub raw
{
    my (%header) = @_;

    return pack('n6', $header{id} // 4711, $header{flags} // 0,
                $header{qd} // 1, $header{an} // 0, $header{ns} // 0,
                $header{ar} // 0) . ($header{rest} // '');
}


sub wire_name
{
    my ($name) = @_;

    return join('', map { pack('C/a*', $_) } split(/\./, $name)) . "\0";
}


sub finish
{
    my ($self) = @_;

    return if $self->{owner} != $$ || $self->{finished}++;

    $self->stop();

    my $allowed = join('|', USUAL, @{ $self->{allowed} });
    my @bad = grep { $_ !~ /$allowed/ } split(/\n/, $self->log());

    Test::More::ok(!@bad, 'nothing unexpected in the log of dnsd')
        or Test::More::diag(join("\n", @bad));
}


sub DESTROY
{
    my ($self) = @_;

    local ($?, $@, $!);

    kill('KILL', $self->{pid}) if $self->{owner} == $$ && $self->alive();
}


END {
    my $status = $?;

    for my $self (values(%all)) {
        kill('KILL', $self->{pid}) if $self->{owner} == $$ && $self->alive();
    }

    $? = $status;
}


1;
