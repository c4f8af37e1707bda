#!/usr/bin/perl

# AF_XDP: UDP queries are answered past the kernel's stack, which goes on with
# all else; and the interface is as before when dnsd has ended, however.
#
# The test moves into a network namespace of its own, the client's; dnsd runs
# in another one at the other end of a veth pair.  That the stack has not seen
# a query is what its own counters say.

use strict;
use warnings;
use feature qw(state);

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use IO::Socket::IP;
use Net::DNS;
use Socket qw(SOCK_RAW);
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(program wait_until);

use constant {
    PORT        => 5300,
    SERVER      => '10.7.7.1',
    OTHER       => '10.7.7.3',            # the server's, not listened on
    CLIENT      => '10.7.7.2',
    SERVER6     => 'fd07::1',
    CLIENT6     => 'fd07::2',
    AF_PACKET   => 17,
    AF_XDP      => 44,
    SERVER_MAC  => "\x02\0\0\0\0\x01",
    CLIENT_MAC  => "\x02\0\0\0\0\x02",
};

plan(skip_all => 'needs root') if $> != 0;
plan(skip_all => "no AF_XDP here: $!") if !socket(my $xdp, AF_XDP, SOCK_RAW, 0);
plan(skip_all => "needs $_") for grep { !program($_) }
    qw(ip unshare nsenter busybox);

if (!$ENV{SRV_TEST_NETNS}) {
    my $refused = `unshare --net true 2>&1`;
    plan(skip_all => "no network namespaces here: $refused") if $? != 0;

    $ENV{SRV_TEST_NETNS} = 1;
    exec('unshare', '--net', $^X, $0) or die("unshare: $!\n");
}

# Lives, and its namespace with it, as long as the pipe has an end.
my $holder = open(my $pipe, '|-', 'unshare', '--net', 'cat') or die("$!\n");
wait_until(sub { namespace($$) ne namespace($holder) })
    or die("no namespace\n");
my @there = ('nsenter', "--net=/proc/$holder/ns/net");

plan(skip_all => 'no veth pairs here') if !connect_namespaces();

my $d = SrvRegistrar::Dnsd->new(address => SERVER, port => PORT,
                                wrapper => \@there);
my @xdp = ('--listen', SERVER6 . '@' . PORT, '--xdp', 'xdp0',
           '--rate-limit', 0);

$d->fill($d->ZONE . $d->DEVICE . join('', map {
    my ($name, $n) = @$_;
    map { sprintf("set $name TXT 60 +86400 \"%02d%s\"\n", $_, 'x' x 200) }
        1 .. $n;
} ['big', 15], ['mtu', 7]));
$d->allow_log(qr/--xdp|rate limit:/);

my ($status, $said) = $d->run('--store', $d->{store}, '--listen', SERVER,
                              '--xdp', 'none0');
plan(skip_all => 'dnsd was built without AF_XDP') if $said =~ /built without/;
is($status, 1, 'an interface that is not there');
like($said, qr/--xdp none0: there is no such interface/, '... is named');

refusals();

for my $threads (1, 2) {
    $d->start(@xdp, '--threads', $threads);
    ok(attached(), "the filter is there, $threads threads");
    answered($threads);
    is($d->stop(), 0, 'stopped');
    ok(!attached(), '... and the filter is gone');
}

$d->start(@xdp);
truncated();
passed();
malformed();
many();
second();

kill('KILL', $d->{pid});
ok(wait_until(sub { !$d->alive() }), 'dnsd was killed');
ok(wait_until(sub { !attached() }), '... and its filter is gone, too');

limited();
wildcard();
unprivileged();
interrupted();
$d->finish();

done_testing();


sub namespace
{
    my ($pid) = @_;

    return readlink("/proc/$pid/ns/net") // '';
}


# xdp0 with dnsd and xdp1 here, of two queues each.

sub connect_namespaces
{
    system("ip link add xdp1 address 02:00:00:00:00:02 numrxqueues 2"
        . " numtxqueues 2 type veth peer name xdp0 address 02:00:00:00:00:01"
        . " numrxqueues 2 numtxqueues 2 netns $holder") == 0 or return 0;

    for (['xdp0', \@there, SERVER, SERVER6], ['xdp1', [], CLIENT, CLIENT6]) {
        my ($name, $in, $v4, $v6) = @$_;

        system(@$in, qw(ip link set lo up));
        system(@$in, qw(ip link set), $name, 'up') == 0 or return 0;
        system(@$in, qw(ip addr add), "$v4/24", 'dev', $name);
        system(@$in, qw(ip addr add), "$v6/64", 'dev', $name, 'nodad');
    }

    return system(@there, qw(ip addr add), OTHER . '/24', 'dev', 'xdp0') == 0;
}


sub attached
{
    return `@there ip link show dev xdp0` =~ m{prog/xdp};
}


# What the server's own stack has given to UDP sockets.

sub datagrams
{
    my $n = 0;

    for my $file (qw(snmp snmp6)) {
        open(my $stats, '<', "/proc/$holder/net/$file") or die("$file: $!\n");

        for (<$stats>) {
            $n += $1 if /^Udp: (\d+) / || /^Udp6InDatagrams\s+(\d+)/;
        }
    }

    return $n;
}


sub query
{
    return receive(asked(@_));
}


sub asked
{
    my ($address, $name, $type, %options) = @_;

    my $socket = IO::Socket::IP->new(PeerHost => $address, PeerPort => PORT,
        Type => Socket::SOCK_DGRAM) or die("$address: $@\n");

    $socket->send($d->packet($name // 'dev1.devices.example', $type,
                             %options)->data());

    return $socket;
}


sub receive
{
    my ($socket, $timeout) = @_;

    IO::Select->new($socket)->can_read($timeout // 10) or return undef;
    defined($socket->recv(my $bytes, 65535)) or return undef;

    return scalar(Net::DNS::Packet->new(\$bytes));
}


sub rcode
{
    my ($reply) = @_;

    return defined($reply) ? $reply->header()->rcode() : 'none';
}


# From many ports, so that both queues are used.

sub answered
{
    my ($threads) = @_;

    my $before = datagrams();

    for my $address (SERVER, SERVER6) {
        my %seen;

        $seen{rcode(query($address, 'dev1.devices.example', 'A'))}++
            for 1 .. 20;
        is_deeply(\%seen, { NOERROR => 20 }, "$address: answered");
        is(rcode(query($address, 'nope.devices.example', 'A')), 'NXDOMAIN',
           '... also where there is nothing');
    }

    is_deeply(SrvRegistrar::Dnsd::section(query(SERVER,
                  'dev1.devices.example', 'A')->answer()),
              ['dev1.devices.example 60 a 203.0.113.7'],
              '... with what was asked for');

    is(datagrams() - $before, 0, "the kernel's stack saw none of them");

    my $counters = $d->counters();
    is($counters->{NOERROR}, 41, 'NOERROR was counted');
    is($counters->{NXDOMAIN}, 2, 'NXDOMAIN was counted');
}


sub truncated
{
    my $before = datagrams();
    my $reply = query(SERVER, 'big.dev1.devices.example', 'TXT', edns => 1232);

    ok($reply->header()->tc(), 'an answer that is too large for a UDP one');
    is(datagrams() - $before, 0, '... came by AF_XDP');

    $reply = $d->query('big.dev1.devices.example', 'TXT', tcp => 1);
    is(scalar($reply->answer()), 15, '... and whole by TCP');
    is($d->stop(), 0, 'stopped');

    $d->start(@xdp, '--udp-size', 4096);

    for my $name ('big', 'mtu') {
        $reply = query(SERVER6, "$name.dev1.devices.example", 'TXT',
                       edns => 4096);
        ok($reply && $reply->header()->tc(),
           "an answer that is too large for a frame: $name");
    }
}


# What is not for us is the kernel's.

sub passed
{
    system(qw(ip neigh flush dev xdp1));
    is(rcode(query($_, 'dev1.devices.example', 'A')), 'NOERROR',
       "$_ was found by ARP or ND") for SERVER, SERVER6;

    for (['ping', SERVER], ['ping6', SERVER6]) {
        my ($ping, $address) = @$_;

        my $output = `busybox $ping -c 1 -W 5 $address 2>&1`;
        like($output, qr/ 0% packet loss/, "$address answers a ping");
    }

    for ([SERVER, PORT + 1], [OTHER, PORT]) {
        my ($address, $port) = @$_;

        my $socket = IO::Socket::INET->new(PeerAddr => $address,
            PeerPort => $port, Proto => 'udp') or die("$@\n");

        $socket->send($d->packet('dev1.devices.example', 'A')->data());
        ok(!defined(receive($socket)) && $!{ECONNREFUSED},
           "nobody listens on $address, port $port: the kernel says so");
    }

    my $socket = client();
    my $before = datagrams();
    my $udp = udp(PORT, $socket->sockport(),
                  $d->packet('dev1.devices.example', 'A')->data());

    frame(ip(4711, 0x2000, substr($udp, 0, 16)));
    frame(ip(4711, 2, substr($udp, 16)));
    is(rcode(receive($socket)), 'NOERROR', 'a query in fragments');

    frame(ip(4712, 0, $udp, "\x01\x01\x01\x00"));
    is(rcode(receive($socket)), 'NOERROR', 'a query with IP options');
    is(datagrams() - $before, 2, '... which came through the sockets');
}


# Frames that are redirected, and no query that may be answered.

sub malformed
{
    my $socket = client();
    my $port = $socket->sockport();
    my $query = $d->packet('dev1.devices.example', 'A')->data();
    my $good = udp(PORT, $port, $query);
    my ($sum, $length) = ($good, $good);
    my $before = $d->counters();
    my $datagrams = datagrams();

    substr($sum, 6, 2, pack('n', 1 + unpack('n', substr($sum, 6, 2))));
    substr($length, 4, 2, pack('n', length($good) + 1));

    frame(ip(1, 0, $sum));
    frame(ip(1, 0, $length));
    frame(ip(1, 0, udp(PORT, 0, $query)));
    frame(ip(1, 0, udp(PORT, $port, substr($query, 0, 11))));
    frame(ip(1, 0, udp(PORT, $port, '')));
    frame(ip(1, 0, $good, undef, pack('C4', 127, 0, 0, 1)));
    frame(ip(1, 0, $good, undef, pack('C4', 224, 0, 0, 1)));
    frame(ip(1, 0, $good, undef, pack('C4', 10, 7, 7, 1)));

    # in order behind them, without a sum, and padded

    frame(ip(1, 0, substr($good, 0, 6) . "\0\0" . substr($good, 8))
          . "\xff" x 9);
    is(rcode(receive($socket)), 'NOERROR', 'a query without a sum');
    ok(!defined(receive($socket, 0.1)), '... is all that was answered');

    my $counters = $d->counters();
    is($counters->{dropped} - $before->{dropped}, 8,
       'what is malformed was counted');
    is($counters->{NOERROR} - $before->{NOERROR}, 1, '... and what is not');
    is(datagrams() - $datagrams, 0, '... and came by AF_XDP');
}


# More than there are frames, with and without an answer: none is lost.

sub many
{
    my $client = client();
    my $before = datagrams();

    for my $payload ('', $d->packet('dev1.devices.example', 'A')->data()) {
        my $packet = ip(1, 0, udp(PORT, $client->sockport(), $payload));

        for (1 .. 50) {
            frame($packet) for 1 .. 64;
            query(SERVER, 'dev1.devices.example', 'A') or last;
        }
    }

    is(rcode(query(SERVER, 'dev1.devices.example', 'A')), 'NOERROR',
       'after many frames of either kind: answered');
    is(datagrams() - $before, 0, '... by AF_XDP');
}


# Of two, on other ports even, the first one goes on.

sub second
{
    my $second = SrvRegistrar::Dnsd->new(address => SERVER, port => 5400,
        wrapper => \@there, store => $d->{store});

    $second->allow_log(qr/--xdp/);
    my ($status, $said) = $second->run('--store', $d->{store}, '--listen',
                                       SERVER . '@5400', '--xdp', 'xdp0');

    is($status, 1, 'a second dnsd on one interface');
    like($said, qr/--xdp xdp0: the interface has an XDP program/,
         '... is refused');

    my $before = datagrams();
    is(rcode(query(SERVER, 'dev1.devices.example', 'A')), 'NOERROR',
       'the first goes on');
    is(datagrams() - $before, 0, '... by AF_XDP');
    $second->finish();
}


# The limits of UDP are those of AF_XDP.

sub limited
{
    $d->start('--xdp', 'xdp0', '--rate-limit', 1, '--rate-limit-slip', 1);

    my $before = datagrams();
    my $cut = grep {
        query(SERVER, 'dev1.devices.example', 'A')->header()->tc()
    } 1 .. 10;

    cmp_ok($cut, '>', 0, 'the rate limit cuts answers');
    is(datagrams() - $before, 0, '... by AF_XDP');
    cmp_ok($d->counters()->{truncated}, '==', $cut, '... and counts them');
    is($d->stop(), 0, 'stopped');
}


# What all addresses are is known at start: one that comes later is the
# sockets'.

sub wildcard
{
    my $later = '10.7.7.4';

    $d->{address} = '0.0.0.0';
    $d->start('--xdp', 'xdp0', '--threads', 1);
    system(@there, qw(ip addr add), "$later/24", 'dev', 'xdp0');

    my $before = datagrams();
    is(rcode(query($_, 'dev1.devices.example', 'A')), 'NOERROR',
       "$_: answered") for SERVER, OTHER;
    is(datagrams() - $before, 0, '... by AF_XDP');
    is(rcode(query($later, 'dev1.devices.example', 'A')), 'NOERROR',
       "$later, new: answered");
    is(datagrams() - $before, 1, '... by a socket');
    is($d->stop(), 0, 'stopped');
    $d->{address} = SERVER;
}


# Privileges are needed at start, and given up then.

sub unprivileged
{
    my ($uid, $gid) = (getpwnam('daemon'))[2, 3];

    chown($uid, $gid, $d->{store}, glob("$d->{store}/*"));
    $d->start(@xdp, '--user', 'daemon');

    my $before = datagrams();
    is(rcode(query(SERVER, 'dev1.devices.example', 'A')), 'NOERROR',
       'answered as another user');
    is(datagrams() - $before, 0, '... by AF_XDP');
    is($d->stop(), 0, 'stopped');
    ok(!attached(), '... and the filter is gone');

    SKIP: {
        skip('no setpriv here', 2) if !program('setpriv');

        local $d->{wrapper} = [@there, 'setpriv', "--reuid=$uid",
                               '--clear-groups'];
        my ($status, $said) = $d->run('--store', $d->{store}, '--listen',
                                      SERVER . '@' . PORT, '--xdp', 'xdp0');

        is($status, 1, 'started without privileges');
        like($said, qr/--xdp xdp0: .*Operation not permitted/,
             '... it says what is missing');
    }
}


# More queries than there are frames while dnsd stands still, and a wire that
# goes away: neither is for good.  The last test, since the kernel may tell of
# that wire a second later, and packets are lost again.

sub interrupted
{
    $d->start('--xdp', 'xdp0', '--rate-limit', 0);

    my $packet = ip(1, 0, udp(PORT, client()->sockport(),
        $d->packet('dev1.devices.example', 'A')->data()));

    for my $what ('stopped', 'without a wire') {
        kill('STOP', $d->{pid});
        frame($packet) for 1 .. 3000;

        if ($what ne 'stopped') {
            system(@there, qw(ip link set xdp0 down));
        }

        kill('CONT', $d->{pid});
        system(@there, qw(ip link set xdp0 up));

        my $before = datagrams();

        ok(wait_until(sub {
            rcode(receive(asked(SERVER), 0.5)) eq 'NOERROR'
        }), "after a while $what: answered");
        is(datagrams() - $before, 0, '... by AF_XDP');
    }

    is($d->stop(), 0, 'stopped');
}


sub refusals
{
    my @listen = ('--listen', SERVER . '@' . PORT);

    for ([['--xdp', 'lo', @listen], qr/--xdp lo: not an Ethernet interface/],
         [['--xdp', 'x' x 16, @listen],
          qr/--xdp x{16}: not the name of a network interface/],
         [['--xdp', '', @listen], qr/not the name of a network interface/],
         [['--xdp', 'xdp0', '--xdp', 'xdp0', @listen], qr/given twice/],
         [['--xdp', 'xdp0', '--listen', '127.0.0.1@' . PORT],
          qr/--xdp xdp0: no address to listen on can be asked there/])
    {
        my ($options, $message) = @$_;
        my ($status, $said) = $d->run('--store', $d->{store}, @$options);

        is($status, 1, "dnsd @$options");
        like($said, $message, '... says why');
        ok(!attached(), '... and leaves nothing');
    }
}


sub client
{
    return IO::Socket::INET->new(LocalAddr => CLIENT, Proto => 'udp')
        || die("$@\n");
}


# Packets by hand: from the client to the server.

sub udp
{
    my ($to, $from, $payload) = @_;

    my $udp = pack('n4 a*', $from, $to, 8 + length($payload), 0, $payload);
    my $pseudo = Socket::inet_aton(CLIENT) . Socket::inet_aton(SERVER)
        . pack('n2', 17, length($udp));

    substr($udp, 6, 2, pack('n', sum($pseudo . $udp)));

    return $udp;
}


sub ip
{
    my ($id, $fragment, $payload, $options, $source) = @_;

    $options //= '';
    my $length = 20 + length($options);
    my $header = pack('C2 n3 C2 n a4 a4 a*', 0x40 | $length / 4, 0,
        $length + length($payload), $id, $fragment, 64, 17, 0,
        $source // Socket::inet_aton(CLIENT), Socket::inet_aton(SERVER),
        $options);

    substr($header, 10, 2, pack('n', sum($header)));

    return $header . $payload;
}


sub sum
{
    my ($bytes) = @_;

    my $sum = 0;
    $sum += $_ for unpack('n*', $bytes . (length($bytes) % 2 ? "\0" : ''));
    $sum = ($sum & 0xffff) + ($sum >> 16) while $sum > 0xffff;

    return 0xffff - $sum;
}


sub frame
{
    my ($packet) = @_;

    state ($socket, $to);

    if (!$socket) {
        my ($index) = `ip -o link show dev xdp1` =~ /^(\d+):/;

        socket($socket, AF_PACKET, SOCK_RAW, 0) or die("packet: $!\n");
        $to = pack('S n i S C C a8', AF_PACKET, 0x0800, $index, 0, 0, 6,
                   SERVER_MAC);
    }

    send($socket, SERVER_MAC . CLIENT_MAC . pack('n', 0x0800) . $packet, 0,
         $to) or die("send: $!\n");
}
