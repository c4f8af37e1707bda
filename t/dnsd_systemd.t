#!/usr/bin/perl

# A supervisor keeps dnsd's sockets and is told how it is: a restart under
# load loses no query, ready is who has answered, and a thread that hangs is
# not covered up for.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw(:DEFAULT IPPROTO_IPV6);
use Test::More;
use Time::HiRes qw(sleep time);

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(program wait_until);
use SrvRegistrar::Supervisor;

use constant RESTARTS    => 5;
use constant OUTSTANDING => 100;

my $d = SrvRegistrar::Dnsd->new();
my $name = 'dev1.devices.example';
my @store = ('--store', $d->{store});
my @listen = ('--listen', "$d->{address}\@$d->{port}");

$d->allow_log(qr/./);               # this test reads the log itself

my $s = SrvRegistrar::Supervisor->new($d, sockets => 1);


# Without a store: ready, and the status says what is the matter.

$s->start(@store, '--threads', 2);
like($s->messages(), qr/^STATUS=no store to answer from: SERVFAIL$/m,
    'ready, and what there is to say');
is($d->query($name, 'A')->header->rcode, 'SERVFAIL', 'answered where systemd '
   . 'listens, named nowhere else');
$d->fill($d->ZONE . $d->DEVICE);
ok($s->wait_message(qr/^STATUS=answering$/m), 'the store comes: told');
is($d->query($name, 'A')->header->rcode, 'NOERROR', 'over UDP');
is($d->query($name, 'A', tcp => 1)->header->rcode, 'NOERROR', 'over TCP');
is($d->counters()->{REFUSED}, 0, 'its own questions are not counted');

$s->forget();
kill('HUP', $d->{pid});
ok($s->wait_message(qr/^RELOADING=1\nMONOTONIC_USEC=\d+\n(?:.*\n)*READY=1$/m),
    'a reload, from beginning to end');
unlike($d->log(), qr/takes effect with the next start/,
    'what was handed over is no change of a setting');
$d->stop();
like($s->messages(), qr/^STOPPING=1$/m, 'an end is told');


# Restarted under load.

my $client = IO::Socket::INET->new(PeerAddr => $d->{address}, Proto => 'udp',
    PeerPort => $d->{port}) or die("socket: $!");
my $question = $d->packet($name, 'A')->data();
my ($asked, %answered) = (0);

for my $round (1 .. RESTARTS) {
    $s->spawn(@store, '--threads', 2);
    ask() until $s->messages() =~ /^READY=1$/m;
    ask() for 1 .. 50;
    kill('TERM', $d->{pid});
    ask() while $d->alive();
    is($d->{status}, 0, "restart $round");
}

my $waiting = $d->connect();

print $waiting pack('n/a*', $question);
$s->start(@store, '--threads', 2);
ok(defined($d->read_tcp($waiting)), 'a connection waited for the new one');
ok(wait_until(sub { hear(); keys(%answered) == $asked }),
    "each of $asked queries was answered")
    or diag(scalar(keys(%answered)), ' answers');


# Which socket is whose: as many as threads, the kernel spreads queries.

$d->stop();
$s->add(Proto => 'udp');
$s->add(Proto => 'tcp', Listen => 64);
$s->start(@store, @listen, '--threads', 2);
is(scalar(grep { defined($d->ask($question)) } 1 .. 40), 40,
    'two sockets, two threads: each is read');
$d->stop();

refused(qr/$d->{address}\@$d->{port} \((?:UDP|TCP)\), was handed over, but nobody/,
    'more sockets than threads', '--threads', 1);

$s = SrvRegistrar::Supervisor->new($d, sockets => 1, abstract => 1);
my ($status, $said) = $s->run(@store, '--listen', '127.0.0.1@5300');

is($status, 1, 'a socket that is none of --listen');
like($said, qr/was handed over, but nobody answers there/, '... is named');

$s->start(@store, @listen, '--threads', 3);
is(scalar(grep { defined($d->ask($question)) } 1 .. 40), 40,
    'one socket, three threads; messages to an abstract name');
$d->stop();


# What cannot be meant.

for my $case (
    ['LISTEN_FDS', 'x', qr/LISTEN_FDS=x: not a number/],
    ['LISTEN_FDS', '-1', qr/LISTEN_FDS=-1: not a number/],
    ['LISTEN_FDS', '3', qr/descriptor 5 was handed over, but: /],
    ['WATCHDOG_USEC', '1s', qr/WATCHDOG_USEC=1s: not a number/],
    ['NOTIFY_SOCKET', 'x', qr/NOTIFY_SOCKET=x: not a path of a socket/],
    ['NOTIFY_SOCKET', '/nonexistent', qr/NOTIFY_SOCKET=.*No such file/],
    ['NOTIFY_SOCKET', '/' . 'x' x 200, qr/NOTIFY_SOCKET=.*not a path/],
) {
    local $s->{env}{$case->[0]} = $case->[1];

    refused($case->[2], "$case->[0]=" . substr($case->[1], 0, 20));
}

$^F = 1000;                         # what is opened now can be handed over

for my $case (
    [IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "$d->{dir}/unix"),
     qr/neither UDP nor TCP/, 'a unix socket'],
    [IO::Socket::INET->new(PeerAddr => $d->{address},
        PeerPort => $d->{port}), qr/a connection, not a listener/,
     'a connection'],
    [both_families(), qr/IPv6 and IPv4 in one/, 'both families in one'],
) {
  SKIP: {
    skip("no $case->[2] here", 2) if !$case->[0];
    my $other = SrvRegistrar::Supervisor->new($d);

    $other->add(socket => $case->[0]);
    ($status, $said) = $other->run(@store);
    is($status, 1, $case->[2]);
    like($said, $case->[1], '... is refused');
  }
}

# Somebody else's environment: the port is free, so dnsd binds it.

close($_) for @{ delete $s->{sockets} };
$s->{sockets} = [];

for my $pid (1, 'none') {
    local @{ $s->{env} }{qw(LISTEN_FDS LISTEN_PID)} = (1, $pid);
    $s->start(@store, @listen);
    is($d->query($name, 'A')->header->rcode, 'NOERROR',
        "LISTEN_PID $pid is not ours");
    is($d->stop(), 0, 'stopped');
}


# The watchdog: fed while all threads come by, and only then.

$s->{env}{WATCHDOG_USEC} = 500_000;
$s->{env}{LD_PRELOAD} = SrvRegistrar::Dnsd::BUILD . '/t/hang.so';
$s->{env}{HANG_FILE} = "$d->{dir}/hang";
$s->{env}{ASAN_OPTIONS} = join(':', $ENV{ASAN_OPTIONS} // (),
                               'verify_asan_link_order=0');
$s->start(@store, @listen, '--threads', 2);
ok($s->wait_message(qr/(?:^WATCHDOG=1\n(?:.*\n)*){3}/m), 'it is fed');
open(my $hang, '>', $s->{env}{HANG_FILE}) or die("hang: $!");
$d->ask($question, 0);
$s->forget();

ok(wait_until(sub { !$d->alive() }), 'a thread that hangs ends it');
is($d->{status}, 1, '... with an exit status');
like($d->log(), qr/a thread has not come by/, '... and a line');

my $fed = () = $s->messages() =~ /^WATCHDOG=1$/mg;

cmp_ok($fed, '<', 8, 'and meanwhile nobody fed the watchdog')
    or diag($s->messages());


# The units of docs/examples.

SKIP: {
    skip('no systemd-analyze here', 3) if !program('systemd-analyze');

    my $unit = SrvRegistrar::Dnsd::ROOT . '/docs/examples/dnsd.service';
    my $text = `systemd-analyze security --offline=true $unit 2>&1`;
    my ($exposure) = $text =~ /exposure level .*: ([\d.]+)/;

    ok(defined($exposure), 'an exposure') or diag($text);
    cmp_ok($exposure // 10, '<=', 1.6, 'and a low one');

    copy_unit($_) for qw(dnsd.service dnsd.socket);
    $text = `systemd-analyze verify --man=no $d->{dir}/dnsd.service 2>&1`;
    is($text, '', 'no mistake in the units');
}

SKIP: {
    skip('no systemd-socket-activate here', 1)
        if !program('systemd-socket-activate');

    $d->{wrapper} = ['systemd-socket-activate', '--datagram', '-l',
                     "$d->{address}:$d->{port}"];
    $d->spawn(@store);
    ok(wait_until(sub { $d->ask($question, 1) }),
        'started by the first query, which is answered');
    $d->stop();
}

unlike($d->log(), qr/Sanitizer|runtime error/, 'no sanitizer\'s report');
done_testing();


# One more query; every answer that has come is noted.

# No more than the socket's buffer holds while nobody reads it.

sub ask
{
    $client->send(pack('n', ++$asked % 65536) . substr($question, 2))
        if $asked < keys(%answered) + OUTSTANDING;
    hear();
    sleep(0.002);
}


sub hear
{
    while (IO::Select->new($client)->can_read(0)) {
        $client->recv(my $reply, 4096);
        $answered{unpack('n', $reply)} = 1 if length($reply) > 12;
    }
}


sub refused
{
    my ($pattern, $what, @options) = @_;

    my ($status, $said) = $s->run(@store, @options);

    is($status, 1, $what);
    like($said, $pattern, '... is refused');
}


sub both_families
{
    socket(my $socket, AF_INET6, SOCK_DGRAM, 0) or return undef;
    setsockopt($socket, IPPROTO_IPV6, Socket::IPV6_V6ONLY(), 0) or return undef;
    bind($socket, Socket::pack_sockaddr_in6(0, Socket::IN6ADDR_ANY()))
        or return undef;

    return IO::Socket->new_from_fd($socket, 'r+');
}


sub copy_unit
{
    my ($file) = @_;

    open(my $in, '<', SrvRegistrar::Dnsd::ROOT . "/docs/examples/$file")
        or die("$file: $!");
    open(my $out, '>', "$d->{dir}/$file") or die("$file: $!");

    while (my $line = <$in>) {
        $line =~ s{/usr/local/sbin/dnsd}{SrvRegistrar::Dnsd::BUILD . '/dnsd'}e;
        print $out $line;
    }
}
