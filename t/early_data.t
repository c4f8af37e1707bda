#!/usr/bin/perl

# TLS early data (0-RTT): whoever saw the bytes can send them again, to a server
# that takes them before it knows that nobody is there.  With `ssl_early_data on`
# no door does anything on them, and the client is told to come again; one that
# ends its handshake is served.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 ();
use POSIX ();
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::AcmeDns qw(challenge);
use SrvRegistrar::Dyndns2;

use constant TLS_APPLICATION_DATA => 23;

plan(skip_all => 'this openssl has no early data')
    if `openssl s_client -help 2>&1` !~ /-early_data/;

my $t = SrvRegistrar->new(workers => 1);

$t->configure(
    http   => "log_format early '\$status \$srv_registrar_reason"
        . " (\$ssl_early_data)';",
    server => <<'END' . SrvRegistrar::Dyndns2->LOCATION
ssl_early_data on;
lingering_close off;
ssl_protocols TLSv1.2 TLSv1.3;
ssl_session_cache shared:early:1m;
access_log %%DIR%%/early.log early;
location = /other { return 200 "other\n"; }
location /admin/ { srv_registrar admin; }
END
        . SrvRegistrar::AcmeDns->LOCATION,
);
$t->start();

my $device = $t->device('device');

$t->device('never');
is(outcome($device->enroll()), '201', 'enrolled');
is(outcome($device->register(1)), '200', 'registered');

my $doors = $device->credentials('acme-dns', 'dyndns2');
my $acme = $doors->{'acme-dns'};
my $basic = 'Basic ' . MIME::Base64::encode_base64(
    join(':', @{ $doors->{dyndns2} }{qw(username password)}), '');
my $json = JSON::PP::encode_json(SrvRegistrar::Device::registration(2));
my $txt = JSON::PP::encode_json({ subdomain => $acme->{subdomain},
    txt => challenge('early') });
my $client = $t->{client};
my $fqdn = $device->fqdn;

my %request = (
    other   => $client->bytes('GET', '/other'),
    put     => $device->signed_bytes('PUT', '/v1/records', $json),
    delete  => $device->signed_bytes('DELETE', '/v1/records', undef),
    key     => $device->signed_bytes('POST', '/v1/key', ''),
    enroll  => $client->bytes('POST', '/v1/enroll', body => ''),
    acme    => $client->bytes('POST', '/update', body => $txt,
        headers => [['X-Api-User', $acme->{username}],
                    ['X-Api-Key', $acme->{password}]]),
    dyndns2 => $client->bytes('GET',
        "/nic/update?hostname=$fqdn&myip=127.9.9.9",
        headers => [['Authorization', $basic]]),
    admin   => $client->bytes('DELETE', "/admin/devices/$fqdn"),
);

my $before = store();

# A flight of the client's is caught on its way, and comes without him.

is(replayed(flight('other')), '200 - (1)', 'nginx takes early data');

for my $door (qw(put delete key enroll acme dyndns2 admin)) {
    my $flight = flight($door, $door eq 'enroll' ? 'never' : 'device');

    is(replayed($flight), '425 too-early (1)', "$door: refused")
        for 1, 2;
}

is(store(), $before, 'the store is as it was');

# The client itself, which ends its handshake; nginx may be the quicker one.

my @said = map { said($_) } 1 .. 2;

like($_, qr{^HTTP/1\.1 (?:425|200) }, 'its own early data') for @said;
ok(!grep({ /\b425\b/ && !/"urn:srv-registrar:problem:too-early"/ } @said),
    'a problem document');
is(outcome($device->register(3)), '200', 'and without');

$t->stop_nginx('QUIT');

done_testing();


# What is registered, who is enrolled, and what was ever accepted.

sub store
{
    return $t->srvctl('dump') =~ s/"(?:time|now)":\d+//gr;
}


sub s_client
{
    my ($port, $cert, @options) = @_;

    return ('openssl', 's_client', '-connect', "$t->{address}:$port",
        '-servername', 'registrar.example', '-CAfile',
        $t->path('server-ca.pem'), '-cert', $t->path("$cert.pem"), '-key',
        $t->path("$cert.key"), '-tls1_3', '-ign_eof', '-quiet', @options);
}


# Runs it with these bytes to say; what it says.

sub run
{
    my ($say, @command) = @_;

    $t->write('say', $say);

    defined(my $pid = open(my $out, '-|')) or die("fork: $!");

    if ($pid == 0) {
        open(STDIN, '<', $t->path('say'));
        open(STDERR, '>', '/dev/null');
        exec(@command) or POSIX::_exit(127);
    }

    my $text = do { local $/; <$out> } // '';

    close($out);

    return $text;
}


# A session that allows early data, in a file; each client has one.

sub session
{
    my ($cert) = @_;

    my $file = $t->path("$cert.session");

    run($request{other}, s_client($t->{port}, $cert, '-sess_out', $file))
        if !-s $file;

    return $file;
}


# What such a client sends before anybody has answered: the records up to that
# with the request.

sub flight
{
    my ($name, $cert) = @_;

    $cert //= 'device';

    my $listener = IO::Socket::INET->new(LocalAddr => $t->{address},
        Listen => 1) or die("listen: $!");
    my $session = session($cert);

    $t->write('request', $request{$name});

    defined(my $pid = fork()) or die("fork: $!");

    if ($pid == 0) {
        open(STDIN, '<', '/dev/null');
        open(STDOUT, '>', '/dev/null');
        open(STDERR, '>', '/dev/null');
        exec(s_client($listener->sockport(), $cert, '-sess_in', $session,
            '-early_data', $t->path('request'))) or POSIX::_exit(127);
    }

    IO::Select->new($listener)->can_read(20) or die('no client');

    my $socket = $listener->accept();
    my $flight = '';
    my $type = 0;

    while ($type != TLS_APPLICATION_DATA) {
        my $head = take($socket, 5);

        ($type, my $length) = unpack('Cx2n', $head);
        $flight .= $head . take($socket, $length);
    }

    kill('KILL', $pid);
    waitpid($pid, 0);

    return $flight;
}


sub take
{
    my ($socket, $n) = @_;

    my $bytes = '';

    while (length($bytes) < $n) {
        IO::Select->new($socket)->can_read(20) or die('no early data');
        sysread($socket, $bytes, $n - length($bytes), length($bytes))
            or die('no early data');
    }

    return $bytes;
}


# The same bytes from somebody who cannot go on: how the request ended.

sub replayed
{
    my ($flight) = @_;

    my $before = length($t->read('early.log'));
    my $socket = IO::Socket::INET->new(PeerAddr => $t->{address},
        PeerPort => $t->{port}) or die("connect: $!");

    $socket->autoflush(1);
    print $socket $flight;

    my $line = sub { substr($t->read('early.log'), $before) };

    wait_until(sub { $line->() =~ /\n/ });
    close($socket);

    return $line->() =~ s/\n.*//sr;
}


# An update as early data from start to end; the whole answer.

sub said
{
    $t->write('request', $device->signed_bytes('PUT', '/v1/records', $json));

    return run('', s_client($t->{port}, 'device', '-sess_in',
        session('device'), '-early_data', $t->path('request')));
}
