#!/usr/bin/perl

# A certificate for a device, for real: lego as the ACME client asks Pebble,
# an ACME server, which asks a resolver, which asks dnsd for the challenge.
# One certificate for the name and for all below it needs two values side by
# side.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;

use SrvRegistrar qw(program);
use SrvRegistrar::AcmeDns qw(challenge);
use SrvRegistrar::Pebble;
use SrvRegistrar::Unbound;

my $missing = SrvRegistrar::Pebble->missing()
    // SrvRegistrar::Unbound->missing()
    // (program('lego') ? undef : 'no lego');

plan(skip_all => $missing) if defined($missing);

my $t = SrvRegistrar->new();

$t->configure(server => SrvRegistrar::AcmeDns->LOCATION,
    zone => 'type A AAAA SRV TXT CAA;');
$t->start(dnsd => 1);

my $resolver = SrvRegistrar::Unbound->new(
    dir     => directory('unbound'),
    address => $t->{address},
    stubs   => { 'devices.example' => [$t->{address}, $t->{dns_port}] },
)->start();

my $pebble = SrvRegistrar::Pebble->new(
    dir          => directory('pebble'),
    address      => $t->{address},
    certificates => $t->{certificates},
    resolver     => "$resolver->{address}:$resolver->{port}",
)->start();

$t->{certificates}->certificate('device', ca => 'manufacturer');

# lego is told here whom to trust: Pebble and the registrar have one CA.
$ENV{LEGO_CA_CERTIFICATES} = $t->path('server-ca.pem');
$ENV{SSL_CERT_FILE} = $t->path('server-ca.pem');
delete @ENV{qw(http_proxy https_proxy HTTP_PROXY HTTPS_PROXY)};

my @agent = ('sh', SrvRegistrar::ROOT . '/docs/examples/srv-agent',
    '--state', $t->path('agent'));
my @certify = ('--acme', $pebble->directory_url(),
    '--email', 'owner@devices.example');

ok(agent('--server', "https://registrar.example:$t->{port}/v1",
    '--connect', "$t->{address}:$t->{port}", '--cert', $t->path('device.pem'),
    '--key', $t->path('device.key'), '--ca', $t->path('server-ca.pem'),
    'enroll'), 'the device enrols');

my ($fqdn) = run(@agent, 'status') =~ /^name +(\S+)$/m;
my $certificate = $t->path("agent/lego/certificates/$fqdn.crt");

run(@agent, 'certificate');
is($? >> 8, 2, 'no certificate without an address for the account');

subtest 'a certificate for the name and all below it' => sub {
    ok(agent(@certify, 'certificate'), 'asked for');
    is(names($certificate), "*.$fqdn $fqdn", 'issued');

    my @challenges = $t->query("_acme-challenge.$fqdn", 'TXT')->answer;
    is(scalar(@challenges), 2, 'two challenges stood side by side');
};

subtest 'renewed when it is due' => sub {
    my $serial = serial($certificate);

    ok(agent('certificate'), 'asked again with the options kept');
    is(serial($certificate), $serial, 'not due yet');

    ok(agent('--days', 36500, 'certificate'), 'asked when it is due');
    isnt(serial($certificate), $serial, 'another one');
    is(names($certificate), "*.$fqdn $fqdn", 'for the same names');
};

subtest 'the credential outlives the key' => sub {
    my $serial = serial($certificate);

    ok(agent('enroll'), 'enrolled again');
    ok(agent('refresh'), 'with the new key in use');
    ok(agent('--days', 36500, 'certificate'), 'renewed');
    isnt(serial($certificate), $serial, 'another one');
};

# Then the agent speaks through openssl, since curl verifies by the clock.

subtest 'a challenge while the device\'s clock stands in 1970' => sub {
    my @slow = ('faketime', '-f', '@1970-01-01 00:05:00', @agent);
    my $value = challenge('in-1970');
    my $output = run(@slow, 'present', "_acme-challenge.$fqdn.", $value);

    is($?, 0, 'presented') or diag($output);

    my @texts = map { $_->txtdata }
        $t->query("_acme-challenge.$fqdn", 'TXT')->answer;

    ok(scalar(grep { $_ eq $value } @texts), 'and published');
    is(scalar(@texts), 4, 'with what was there: four at most');
};

subtest 'the password is in no log' => sub {
    my $credential = JSON::PP::decode_json($t->read('agent/acme-dns'));

    ok(length($credential->{password}) == 40, 'there is one');

    for my $log (qw(error.log access.log unbound/resolver.log)) {
        unlike($t->read($log), qr/\Q$credential->{password}/, $log);
    }
};

subtest 'lego with its own provider' => sub {
    my $storage = $t->path('acme-dns.json');
    my $credential = JSON::PP::decode_json($t->read('agent/acme-dns'));

    $t->write('acme-dns.json', JSON::PP::encode_json({ $fqdn => {
        (map { $_ => $credential->{$_} }
            qw(username password subdomain fulldomain)),
        server_url => "https://$t->{address}:$t->{port}",
    } }));

    local $ENV{ACME_DNS_API_BASE} = "https://$t->{address}:$t->{port}";
    local $ENV{ACME_DNS_STORAGE_PATH} = $storage;

    my $output = run(program('lego'), '--accept-tos', '--path',
        $t->path('lego'), '--server', $pebble->directory_url(),
        '--email', 'owner@devices.example', '--dns', 'acme-dns',
        '--dns.disable-cp', '--domains', $fqdn, '--domains', "*.$fqdn",
        'run');

    plan(skip_all => 'this lego is built without acme-dns')
        if $output =~ /unrecognized DNS provider/;

    is(names($t->path("lego/certificates/$fqdn.crt")), "*.$fqdn $fqdn",
        'issued') or diag($output);
};

done_testing();


sub directory
{
    my ($name) = @_;

    my $path = $t->path($name);
    mkdir($path) or die "$path: $!";

    return $path;
}


sub run { return SrvRegistrar::run(@_) }


# True where the agent ended well; otherwise what it said.

sub agent
{
    my (@arguments) = @_;

    my $output = run(@agent, @arguments);

    return 1 if $? == 0;

    diag("srv-agent @arguments: $output\n", $pebble->log());

    return 0;
}


sub names
{
    my ($file) = @_;

    my $text = run('openssl', 'x509', '-in', $file, '-noout', '-ext',
        'subjectAltName');

    return join(' ', sort $text =~ /DNS:([^,\s]+)/g);
}


sub serial
{
    my ($file) = @_;

    return run('openssl', 'x509', '-in', $file, '-noout', '-serial');
}
