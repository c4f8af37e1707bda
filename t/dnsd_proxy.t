#!/usr/bin/perl

# --listen-proxy: connections that begin with a header of the PROXY protocol,
# from proxies that are believed; limits and counters know the real client.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use Socket qw(inet_aton inet_pton AF_INET6);
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(free_port);

use constant NAME => 'dev1.devices.example';
use constant V2   => "\r\n\r\n\0\r\nQUIT\n";

my $d = SrvRegistrar::Dnsd->new();
my $port = free_port($d->{address});
my @options = ('--threads', 1, '--listen-proxy', "$d->{address}\@$port",
               '--proxy-from', '127.0.0.1', '--tcp-connections-per-address', 2);

$d->fill($d->ZONE . $d->DEVICE);

for my $case (
    [[@options[0 .. 3]], qr/--listen-proxy \S+: --proxy-from is missing/],
    [[@options[0 .. 3], '--proxy-from', '127.0.0.1/8'],
     qr{--proxy-from 127\.0\.0\.1/8: not an address or a prefix}],
    [[@options, '--listen', "$d->{address}\@$port"],
     qr/--listen-proxy \S+: --listen has it, too/],
) {
    my ($wrong, $said) = @$case;
    my ($status, $log) = $d->run('--check', '--store', $d->{store},
        '--listen', "$d->{address}\@$d->{port}", @$wrong);

    is($status, 1, "refused: @$wrong[2 .. $#$wrong]");
    like($log, $said, '... with the reason');
}

$d->allow_log(qr/^dnsd: (?:--listen-proxy|--proxy-from|warning: )/,
              qr/: closed/);
$d->start(@options);


sub through
{
    my (%options) = @_;

    return $d->connect(PeerPort => $port, LocalAddr => '127.0.0.1',
                       %options);
}


sub query
{
    my ($id) = @_;

    my $packet = $d->packet(NAME, 'A');
    $packet->header->id($id);

    return pack('n/a*', $packet->data());
}


sub v1
{
    my ($address) = @_;

    my $family = $address =~ /:/ ? 'TCP6' : 'TCP4';
    my $to = $address =~ /:/ ? '2001:db8::35' : '192.0.2.53';

    return "PROXY $family $address $to 51234 853\r\n";
}


sub v2
{
    my ($address, $extras) = @_;

    my ($family, $bytes) = $address =~ /:/
        ? (0x21, inet_pton(AF_INET6, $address) x 2)
        : (0x11, inet_aton($address) x 2);

    return V2 . pack('CCn/a*', 0x21, $family,
                     $bytes . pack('nn', 51234, 853) . ($extras // ''));
}


sub answers
{
    my ($what, $header, $id) = @_;

    my $socket = through();
    print $socket $header, query($id);

    my $reply = $d->read_tcp($socket);
    is(defined($reply) ? unpack('n', $reply) : 'none', $id, $what);

    return $socket;
}


# Who may say who somebody is.

my $socket = $d->connect(PeerPort => $port, LocalAddr => '127.0.0.2');
print $socket v1('192.0.2.1'), query(13);
is($d->read_tcp($socket), undef, 'a stranger is not believed');
is($d->stats()->{'dnsd_proxy_refused_total{reason="untrusted"}'}, 1,
   '... and is counted');
ok($d->wait_log(qr/127\.0\.0\.2 is not in proxy-from: closed/),
   '... and logged');

# What begins with a header is answered.

answers('version 1, IPv4', v1('192.0.2.1'), 1);
answers('version 1, IPv6', v1('2001:db8::1'), 2);
answers('version 2, IPv4', v2('192.0.2.1'), 3);
answers('version 2, IPv6', v2('2001:db8::1'), 4);
answers('version 2 with the proxy as its own client', V2 . "\x20\0\0\0", 5);
answers('a header of 3 KB',
        v2('192.0.2.1', pack('Cn/a*', 4, 'x' x 3000)), 6);

$socket = through();
for my $byte (split(//, v1('192.0.2.1') . query(7))) {
    print $socket $byte;
    select(undef, undef, undef, 0.001);
}
is(unpack('n', $d->read_tcp($socket)), 7, 'byte by byte');
print $socket query(8), query(9);
is(join(' ', map { unpack('n', $d->read_tcp($socket)) } 1 .. 2), '8 9',
   '... and more on that connection');

$socket = through();
print $socket v2('192.0.2.1', pack('Cn/a*', 4, 'x' x 700)), query(10);
shutdown($socket, 1);
is(unpack('n', $d->read_tcp($socket)), 10, 'a side that is closed early');
is($d->read_tcp($socket), undef, '... and then the connection ends');

# Counted as TLS, unless version 2 says that there was none.

my $stats = $d->stats();
my $tls = 'dnsd_queries_total{transport="tls",family=';
my $tcp = 'dnsd_queries_total{transport="tcp",family=';
is($stats->{"$tls\"ipv4\"}"}, 7, 'IPv4 clients over TLS are counted');
is($stats->{"$tls\"ipv6\"}"}, 2, '... and IPv6 ones');
is($stats->{"$tcp\"ipv4\"}"}, 1, "the proxy's own query is none of them");

answers('a client without TLS', v2('192.0.2.1', pack('Cn/a*', 0x20, "\0" x 5)),
        11);
answers('a client with TLS', v2('192.0.2.1', pack('Cn/a*', 0x20,
        "\1\0\0\0\0")), 12);
$stats = $d->stats();
is($stats->{"$tcp\"ipv4\"}"}, 2, '... each as such');
is($stats->{"$tls\"ipv4\"}"}, 8, '... each as such');

# Whatever else comes is closed, unanswered.

for my $case (
    ['no header', query(1)],
    ['UNKNOWN', "PROXY UNKNOWN\r\n" . query(1)],
    ['no CRLF in 107 bytes', 'PROXY TCP4 ' . '1' x 100],
    ['another version', V2 . "\x31\x11\0\0" . query(1)],
    ['a unix socket', V2 . pack('CCn/a*', 0x21, 0x31, 'x' x 216)],
    ['UDP', V2 . pack('CCn/a*', 0x21, 0x12, 'x' x 12)],
    ['a header of 64 KB', V2 . "\x21\x11\xff\xff"],
    ['a wrong checksum', v2('192.0.2.1', pack('Cn/a*', 3, 'abcd'))],
) {
    my ($what, $bytes) = @$case;

    $socket = through();
    print $socket $bytes;
    is($d->read_tcp($socket), undef, "$what ends the connection");
}

is($d->stats()->{'dnsd_proxy_refused_total{reason="malformed"}'}, 8,
   '... and is counted');

$socket = $d->connect();
print $socket v1('192.0.2.1'), query(14);
shutdown($socket, 1);
is($d->read_tcp($socket), undef, 'elsewhere a header is no query');

# Two connections of one client are all that it may have; the proxy itself
# may have any number.

my @first = map { answers("of one client: $_", v2('192.0.2.7'), $_) } 1 .. 2;
my @others = map { answers("of others: $_", v1("198.51.100.$_"), $_) } 1 .. 4;
push(@first, answers('a third of the one', v1('192.0.2.7'), 3));

is($d->read_tcp($first[0]), undef, 'its oldest one makes room');
print { $first[1] } query(15);
is(unpack('n', $d->read_tcp($first[1])), 15, 'its other one goes on');
ok(!(grep { IO::Select->new($_)->can_read(0) } @others),
   'and nobody else notices');

my @prefix = map { answers("of one /64: $_", v2("2001:db8:7::$_"), $_) }
    1 .. 3;
is($d->read_tcp($prefix[0]), undef, 'a /64 is one client');

is($d->stats()->{'dnsd_tcp_closed_total{reason="address"}'}, 2,
   'both are counted');

is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();
