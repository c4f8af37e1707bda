#!/usr/bin/perl

# Certificates under the right CA that are good for something else, or for
# nothing: made for servers, signed by a device, of a chain that is too long,
# with a key or a digest that is too weak.  Where expiry is forgiven, expired
# ones of that kind, too.  One that never ends, as factories make them, is good.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar;

# Days; openssl takes no date here.  9999-12-31 is what RFC 5280 4.1.2.5 has
# for "never", and a day less does as well.
use constant NEVER => int((253402300799 - time()) / 86400) - 1;

my $t = SrvRegistrar->new(workers => 1);
my $certs = $t->{certificates};

# The level of keys and digests is a distribution's choice: here it is ours.
$t->configure(server => 'ssl_ciphers DEFAULT@SECLEVEL=2;', servers => <<'END');
server {
    listen %%ADDRESS%%:%%PORT%% ssl;
    server_name forgiving.example;
    ssl_certificate %%DIR%%/server.pem;
    ssl_certificate_key %%DIR%%/server.key;
    ssl_client_certificate %%DIR%%/manufacturer.pem;
    ssl_verify_client optional;
    ssl_ciphers DEFAULT@SECLEVEL=2;
    srv_registrar_expired_certificates on;
    error_page 400 413 495 496 = @problem;
    location = /v1/enroll { srv_registrar enroll; }
    location @problem { srv_registrar problem; }
}
END
$t->start();

$certs->certificate('device', ca => 'manufacturer');
$certs->certificate('first', ca => 'manufacturer', authority => 1);
$certs->certificate('second', ca => 'first', authority => 1);

# What it is, how it is made, what goes with it, and what OpenSSL says: the
# last that it finds, or the first where expiry is forgiven.

my @bad = (
    ['for servers', { ext => ['extendedKeyUsage=serverAuth'] }, [],
        'certificate purpose'],
    ['for signatures of code', { ext => ['extendedKeyUsage=codeSigning'] }, [],
        'certificate purpose'],
    ['not to sign with', { ext => ['keyUsage=critical,keyEncipherment'] }, [],
        'certificate purpose'],
    ['with a critical extension that nobody knows',
        { ext => ['1.2.3.4=critical,ASN1:UTF8String:x'] }, [],
        'unhandled critical extension'],
    ['of a device\'s making', { ca => 'device' }, ['device'],
        'invalid CA certificate|certificate purpose'],
    ['of a chain that is too long', { ca => 'second' }, ['second', 'first'],
        'chain too long|unable to get local issuer certificate'],
    ['of RSA with 1024 bits', { rsa => 1024 }, [], 'key too weak'],
    ['signed by way of SHA-1', { digest => 'sha1' }, [],
        'signature digest algorithm too weak|CA md too weak'],
);
my $n = 0;

for my $case (@bad) {
    my ($name, $args, $chain, $why) = @$case;

    for my $way (['registrar.example', ''], ['forgiving.example', ''],
        ['forgiving.example', ', expired', clock => '-40d'])
    {
        my ($server, $text, @clock) = @$way;
        my $cert = 'bad' . $n++;

        $certs->certificate($cert, ca => 'manufacturer', %$args, @clock);
        with_chain($cert, @$chain);

        like(enroll($cert, $server), qr/^403 certificate-refused: .*(?:$why)/,
            "$name$text, at $server");
    }
}

my @good = (
    ['for clients', { ext => ['extendedKeyUsage=clientAuth'] }],
    ['for both', { ext => ['extendedKeyUsage=serverAuth,clientAuth'] }],
    ['of a CA between', { ca => 'first' }, 'first'],
    ['that never ends', { days => NEVER }],
    ['of RSA with 2048 bits', { rsa => 2048 }],
);

for my $case (@good) {
    my ($name, $args, @chain) = @$case;
    my $cert = 'good' . $n++;

    $certs->certificate($cert, ca => 'manufacturer', %$args);
    with_chain($cert, @chain);
    is(enroll($cert, 'registrar.example'), '201', "one $name");
}

done_testing();


# Sends the CAs between, too.

sub with_chain
{
    my ($cert, @chain) = @_;

    open(my $out, '>>', $certs->pem($cert)) or die("$cert: $!");

    for (@chain) {
        open(my $in, '<', $certs->pem($_)) or die("$_: $!");
        print $out do { local $/; <$in> };
    }

    close($out);
}


# By openssl, which sends whatever it is given, weak keys as well: the status,
# and what the problem says.

sub enroll
{
    my ($cert, $server) = @_;

    $t->write('request', $t->{client}->bytes('POST', '/v1/enroll', body => '',
        host => $server));

    my $said = SrvRegistrar::run('/bin/sh', '-c', 'exec "$@" <"$0"',
        $t->path('request'), 'openssl', 's_client', '-connect',
        "$t->{address}:$t->{port}", '-servername', $server, '-CAfile',
        $certs->pem('server-ca'), '-cert', $certs->pem($cert), '-key',
        $certs->key($cert), '-cert_chain', $certs->pem($cert), '-cipher',
        'DEFAULT@SECLEVEL=0', '-ign_eof', '-quiet');
    my ($status) = $said =~ m{^HTTP/1\.1 (\d+)}m;
    my ($type) = $said =~ /"urn:srv-registrar:problem:([\w-]+)"/;
    my ($detail) = $said =~ /"detail":\s*"([^"]*)"/;

    return join(' ', grep { defined } $status // $said, $type)
        . ($detail ? ": $detail" : '');
}
