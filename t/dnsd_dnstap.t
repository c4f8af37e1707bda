#!/usr/bin/perl

# dnstap: what a collector gets, and that none can harm anybody.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::IP;
use IO::Socket::UNIX;
use Socket qw(inet_ntoa);
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Dnstap qw(CONTENT ACCEPT START STOP READY FINISH
    frame_control frames message question read_bytes read_frames);
use SrvRegistrar::Process qw(free_port wait_until);

use constant NAME => 'dev1.devices.example';

my $d = SrvRegistrar::Dnsd->new();
my $path = "$d->{dir}/tap";
my $conf = "$d->{dir}/conf";
my $port = free_port('127.0.0.1');
my @options = ('--threads', 2, '--dnstap', "unix:$path", '--metrics',
               "unix:$d->{dir}/metrics", '--config', $conf);

$d->fill($d->ZONE . $d->DEVICE);
$d->allow_log(qr/^dnsd: (?:reloaded|dnstap: )/);
write_config("identity tap-test\n");

# A collector that others wrote, and what others read of its file.

SKIP: {
    skip('no fstrm_capture', 4) if !grep { -x "$_/fstrm_capture" }
        split(/:/, $ENV{PATH});

    my $capture = fork() // die("fork: $!");

    if ($capture == 0) {
        open(STDERR, '>', '/dev/null');
        exec('fstrm_capture', '-t', CONTENT, '-u', $path, '-w',
             "$d->{dir}/frames");
    }

    ok(wait_until(sub { -S $path }), 'fstrm_capture listens');
    $d->start(@options);
    ok($d->wait_log(qr/dnstap: connected to \Q$path\E/), 'connected');
    $d->query(NAME, 'A');
    $d->query("no.@{[NAME]}", 'SRV', tcp => 1);
    is($d->stop(), 0, 'stopped');
    kill('TERM', $capture);
    waitpid($capture, 0);
    unlink($path);

    open(my $file, '<', "$d->{dir}/frames") or die("frames: $!");
    my @frames = frames(do { local $/; <$file> });

    is(join(' ', map { $_->{type} } grep { $_->{message} } @frames),
       '1 1 1 1', 'four messages');

    skip('no kdig', 1) if !grep { -x "$_/kdig" } split(/:/, $ENV{PATH});

    like(scalar(`kdig -G $d->{dir}/frames`),
         qr/^(?=.*NOERROR.*;;\ dev1\.devices\.example\.)
             (?=.*NXDOMAIN.*;;\ no\.dev1)/sx,      # two threads: any order
         'kdig reads them');
}

# A collector of our own.

my $listener = listen_on($path);
$d->start(@options);
my $peer = handshake($listener, 1);
my $client = IO::Socket::INET->new(PeerAddr => $d->{address},
    PeerPort => $d->{port}, Proto => 'udp') or die("socket: $!");
my $question = $d->packet(NAME, 'A')->data();
my $before = time();

$client->send($question);
$client->recv(my $reply, 65535);
my ($query, $response) = map { message($_) } read_frames($peer, 2);

is($query->{identity}, 'tap-test', 'the identity is that of id.server');
like($query->{version}, qr/^dnsd \d/, 'the version');
is($query->{type}, 1, 'AUTH_QUERY');
is($response->{type}, 2, 'AUTH_RESPONSE');
is($query->{query}, $question, 'the query, as it came');
is($response->{response}, $reply, 'the response, as it was sent');
ok(!exists($query->{response}) && !exists($response->{query}),
   'each carries its own message only');

for my $message ($query, $response) {
    is("$message->{family} $message->{protocol}", '1 1', 'IPv4, UDP');
    is(inet_ntoa($message->{query_address}), $client->sockhost(), 'who asked');
    is($message->{query_port}, $client->sockport(), '... from which port');
    is(inet_ntoa($message->{response_address}), $d->{address}, 'where');
    is($message->{response_port}, $d->{port}, '... and at which port');
    cmp_ok(abs($message->{query_sec} - $before), '<=', 30, 'when');
    cmp_ok($message->{query_nsec}, '<', 1e9, '... exactly');
}

cmp_ok($response->{response_sec} + $response->{response_nsec} / 1e9, '>=',
       $response->{query_sec} + $response->{query_nsec} / 1e9,
       'the response came after the query');

# TCP, a query that is not answered, and one that cannot be read.

$d->query(NAME, 'AAAA', tcp => 1);
is(join(' ', map { my $m = message($_); "$m->{type}:$m->{protocol}" }
        read_frames($peer, 2)), '1:2 2:2', 'over TCP');
$client->send("\0\1\x80\0" . substr($question, 4));
is(message(read_frames($peer, 1))->{type}, 1,
   'a query that is dropped has no response');

# Switched off and on.

write_config("identity tap-test\ndnstap-messages off\n");
hup();
$d->query(NAME, 'A') for 1 .. 5;
write_config("identity tap-test\ndnstap-messages on\n");
hup();
$d->query(NAME, 'SRV');
is(question(read_frames($peer, 2))->qtype, 'SRV', 'nothing while it was off');

# A collector that goes and comes back gets whole frames.

close($peer);
$d->query(NAME, 'A');
ok($d->wait_log(qr/dnstap: .*closed the connection/), 'its end is seen');
$d->query(NAME, 'A') for 1 .. 3;
$peer = handshake($listener, 2);
$d->query(NAME, 'A');
is(scalar(my @both = read_frames($peer, 2)), 2, 'connected again');
cmp_ok(metric('dropped'), '>=', 6, 'what nobody took is counted');

# One that stops reading: the queues fill, and answers go on.

my @clients = map {
    IO::Socket::INET->new(PeerAddr => $d->{address}, PeerPort => $d->{port},
                          Proto => 'udp') or die("socket: $!")
} 1 .. 8;
my %full = metrics();

# Of a thousand bytes, that there need not be so many.

my $large = substr($question, 0, 10) . pack('n', 1) . substr($question, 12)
            . pack('CnnNn', 0, 41, 1232, 0, 1004) . pack('nnx1000', 12, 1000);

flood(sub { metric('dropped') > $full{dropped} });

# What was sent last may still be on its way.

my %after = metrics();

wait_until(sub {
    my %before = %after;

    %after = metrics();
    return $after{messages} == $before{messages};
});

cmp_ok($after{dropped}, '>', $full{dropped}, 'a full queue drops');
is($after{queued} + $after{dropped} - $full{queued} - $full{dropped},
   $after{messages} - $full{messages}, '... and counts each frame once');
is($d->query(NAME, 'A')->header->rcode, 'NOERROR', '... and answers go on');

# When it reads again it gets what was queued, frame after frame, whichever
# thread's they were, and while both threads put more.

my $whole = $after{queued} - $full{queued};
my $frames = 0;

while (IO::Select->new($peer)->can_read(1)) {
    my ($frame) = read_frames($peer, 1);

    die('not a frame of ours') if $frame->{identity} ne 'tap-test';

    if (++$frames < $whole && $frames % 20 == 0) {
        $_->send($large) for @clients;
    }
}

cmp_ok($frames, '>=', $whole, 'what was queued comes when it reads again');

# One that ends in the midst of a frame: the next begins with a whole one.

%full = metrics();
flood(sub { metric('queued') > $full{queued} + 1000 });
sysread($peer, my $some, 1001);
close($peer);
$peer = handshake($listener, 3);
$d->query('www.devices.example', 'A');
is(question(read_frames($peer, 2))->qname, 'www.devices.example',
   'a new connection begins anew');

# The end is told, and a collector that does not answer does not delay it.

is($d->stop(), 0, 'stopped');
my @last = read_frames($peer, 1);
is($last[0]{control}, STOP, 'STOP is the last');
close($peer);

# Peers that are no collectors.

for my $case (
    ['another type', frame_control(ACCEPT, 'protobuf:other'),
     qr/does not take dnstap/],
    ['no type', frame_control(ACCEPT), qr/does not take dnstap/],
    ['another control frame', frame_control(FINISH, CONTENT),
     qr/does not take dnstap/],
    ['no control frame', pack('NN', 1, 1), qr/what is no control frame/],
    ['a long one', pack('NN', 0, 513), qr/what is no control frame/],
    ['a field beyond its end', pack('N5', 0, 12, ACCEPT, 1, 100),
     qr/does not take dnstap/],
) {
    my ($label, $bytes, $message) = @$case;
    my $length = length($d->log());

    $d->start(@options);
    $peer = $listener->accept();
    read_frames($peer, 1);
    syswrite($peer, $bytes);
    ok(wait_until(sub { substr($d->log(), $length) =~ $message }), $label);
    is($d->stop(), 0, '... and dnsd goes on');
    close($peer);
}

# One that accepts and says nothing: dnsd ends nevertheless.

$d->start(@options);
$peer = $listener->accept();
read_frames($peer, 1);
is($d->query(NAME, 'A')->header->rcode, 'NOERROR', 'nobody waits for it');
my $began = time();
is($d->stop(), 0, 'stopped');
cmp_ok(time() - $began, '<=', 10, '... at once');

# On a wildcard address what was asked is the address that the query went to,
# which only each packet and each connection knows: IPv4 and IPv6, and of a
# connection that was there before dnstap was switched on.

my %wild = (4 => '0.0.0.0', 6 => '::');
my $wildcard_port = free_port('127.0.0.1');

delete($wild{6}) if !IO::Socket::IP->new(LocalHost => '::1', Listen => 1);
write_config("identity tap-test\ndnstap-messages off\n");
$d->start(@options, map { ('--listen', "$_\@$wildcard_port") } values(%wild));
$peer = handshake($listener, 4);

my @asked = ('127.3.2.1', '127.0.0.1', exists($wild{6}) ? '::1' : ());
my %early = map { $_ => wildcard_client($_, 'tcp') } @asked;

ask_stream($_) for values(%early);
write_config("identity tap-test\ndnstap-messages on\n");
hup();

for my $address (@asked) {
    my $udp = wildcard_client($address, 'udp');

    $udp->send($question);
    $udp->recv(my $answer, 65535);
    told($address, 'UDP');
    ask_stream($early{$address}) for 1 .. 2;
    told($address, 'TCP') for 1 .. 2;
}

is($d->stop(), 0, 'stopped');
close($_) for $peer, values(%early);
write_config("identity tap-test\n");

close($listener);
unlink($path);
$d->start(@options);
ok($d->wait_log(qr/dnstap: \Q$path\E: No such file .* are dropped/),
   'a collector that is not there');
is($d->stop(), 0, 'stopped');

$d->finish();
done_testing();


sub wildcard_client
{
    my ($address, $protocol) = @_;

    return IO::Socket::IP->new(PeerHost => $address, Proto => $protocol,
        PeerPort => $wildcard_port,
        Type => $protocol eq 'udp' ? Socket::SOCK_DGRAM : Socket::SOCK_STREAM)
        // die("$address: $@");
}


sub ask_stream
{
    my ($stream) = @_;

    syswrite($stream, pack('n/a*', $question));
    my $length = unpack('n', read_bytes($stream, 2));

    return read_bytes($stream, $length);
}


# A query and its response say that they went to this address.

sub told
{
    my ($address, $protocol) = @_;

    my @messages = map { message($_) } read_frames($peer, 2);

    is(join(' ', map { Socket::inet_ntop(
            length($_->{response_address} // '') == 16
            ? Socket::AF_INET6 : Socket::AF_INET,
            $_->{response_address} // "\0" x 4) . "\@$_->{response_port}" }
            @messages),
       join(' ', ("$address\@$wildcard_port") x 2), "$address was asked by "
       . $protocol);
}


sub write_config
{
    my ($text) = @_;

    open(my $file, '>', $conf) or die("conf: $!");
    print $file $text;
    close($file) or die("conf: $!");
}


sub hup
{
    my $before = () = $d->log() =~ /^dnsd: reloaded$/mg;

    kill('HUP', $d->{pid});
    wait_until(sub {
        $before < (() = $d->log() =~ /^dnsd: reloaded$/mg)
    }) or die('not reloaded');

    # Each thread takes the policy up when it comes by.

    $d->query('devices.example', 'NS') for 1 .. 20;
    select(undef, undef, undef, 0.05);
    drain();
}


# Throws away what has come so far.

sub drain
{
    sysread($peer, my $bytes, 1 << 20)
        while IO::Select->new($peer)->can_read(0.2);
}


# Questions to both threads, until something is so.

sub flood
{
    my ($condition) = @_;

    for (1 .. 400) {
        for my $client (@clients) {
            $client->send($large) for 1 .. 20;
            $client->recv(my $reply, 65535, Socket::MSG_DONTWAIT)
                for 1 .. 40;
        }

        $d->ask($question);
        return if $condition->();
    }
}


sub metric
{
    my ($result) = @_;

    my %metrics = metrics();

    return $metrics{$result};
}


# Frames, and the messages that there were.

sub metrics
{
    my $socket = IO::Socket::UNIX->new(Peer => "$d->{dir}/metrics")
        // die("metrics: $!");

    syswrite($socket, "GET /metrics HTTP/1.0\r\n\r\n");
    my $text = do { local $/; <$socket> };

    my %metrics =
        $text =~ /^dnsd_dnstap_frames_total\{result="(\w+)"\} (\d+)$/mg;

    $metrics{messages} += $_
        for $text =~ /^dnsd_(?:queries|responses)_total\{.*\} (\d+)$/mg;

    return %metrics;
}


sub listen_on
{
    my ($path) = @_;

    return IO::Socket::UNIX->new(Local => $path, Listen => 5)
        // die("$path: $!");
}


# Accepts a connection, and agrees.

sub handshake
{
    my ($listener, $number) = @_;

    IO::Select->new($listener)->can_read(15) or die('nobody connects');
    my $peer = $listener->accept();
    my ($ready) = read_frames($peer, 1);
    my $before = () = $d->log() =~ /dnstap: connected to/g;

    syswrite($peer, frame_control(ACCEPT, CONTENT));
    my ($start) = read_frames($peer, 1);

    is("$ready->{control} $ready->{content} $start->{control} "
       . $start->{content}, join(' ', READY, CONTENT, START, CONTENT),
       "handshake $number");

    # Messages are dropped until START has been sent, and that is told.

    wait_until(sub {
        $before < (() = $d->log() =~ /dnstap: connected to/g)
    }) or die('not connected');

    return $peer;
}
