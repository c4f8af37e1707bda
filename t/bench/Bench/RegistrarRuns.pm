package Bench::RegistrarRuns;

# What the registrar is asked, in turns, with one fleet.

use strict;
use warnings;

use File::Path qw(remove_tree);

use Bench::Fleet;
use Bench::Registrar;
use Bench::Table qw(median);

# Of the location that is asked beside updates, a second.
use constant BESIDE_RATE => 200;

# A rate of less tells nothing about a tail.
use constant TENTH_MIN => 20;

use constant ISSUER => qw(--issuer manufacturer.pem
    --issuer-key manufacturer.key);


# In the order of the table's rows: kind, what it is called, options of
# registrar_load.  `200` is the same request, to a location that returns 200.

use constant KINDS => (
    ['change',       'update',                 'change'],
    ['tenth',        'update, a tenth of it',  'change'],
    ['refresh',      'refresh',                'refresh'],
    ['return',       'return 200',             'change',  '200'],
    ['fresh',        'update, new connection', 'change',  '',    'fresh'],
    ['fresh_return', 'return 200, new connection', 'change', '200', 'fresh'],
    ['enroll',       'enrolment',              'enroll',  '',    'fresh'],
    ['enroll_return', 'return 200, certificate', 'enroll', '200', 'fresh'],
);


# build, data, dir, devices, options: as for Bench::DnsFleet.

sub measure
{
    my (%args) = @_;

    my $options = $args{options};
    my $dir = "$args{dir}/$args{devices}";
    my $registrar = Bench::Registrar->start(
        build    => $args{build},
        dir      => $dir,
        realtime => $options->{realtime},
        fleet    => Bench::Fleet->new(dir => $args{data},
            build => $args{build}, devices => $args{devices}),
    );
    my $before = $registrar->metrics()->{srv_registrar_store_used_bytes};
    my %runs;

    for my $turn (1 .. $options->{runs}) {
        print(STDERR " $turn");

        for my $kind (KINDS) {
            push(@{ $runs{ $kind->[0] } },
                run($registrar, $options, \%runs, @$kind));
        }

        push(@{ $runs{beside} }, beside($registrar, $options));
    }

    my $after = $registrar->metrics()->{srv_registrar_store_used_bytes};

    $registrar->stop();
    remove_tree("$dir/store") if !$options->{keep};

    return { devices => $args{devices}, runs => \%runs,
             bytes => [$before, $after] };
}


sub run
{
    my ($registrar, $options, $runs, $kind, undef, $mode, $return, $fresh)
        = @_;

    my @load = ('--mode', $mode, '--seconds', $options->{seconds});

    push(@load, '--path', '/200', '--any') if $return;
    push(@load, '--connections', $fresh ? $options->{handshakes}
        : $options->{connections});
    push(@load, '--fresh') if $fresh;

    push(@load, '--count', $options->{enrollments}, map { /\./
        ? "$registrar->{dir}/$_" : $_ } ISSUER) if $mode eq 'enroll';

    # The same devices once more: of the others the made-up address is new.

    if ($kind eq 'refresh') {
        my $change = $runs->{change}[-1];

        push(@load, '--seed', $change->{seed}, '--count',
            $change->{acknowledged});
    }

    if ($kind eq 'tenth') {
        my $rate = int(median(map { $_->{rate} } @{ $runs->{change} }) / 10);

        push(@load, '--rate', $rate > TENTH_MIN ? $rate : TENTH_MIN);
    }

    return $registrar->load(@load);
}


# A location that writes nothing, while updates keep the worker busy.

sub beside
{
    my ($registrar, $options) = @_;

    my $seconds = $options->{seconds};
    my $updates = $registrar->begin('--seconds', $seconds * 1.2,
        '--connections', $options->{connections});
    my $other = $registrar->begin('--mode', 'get', '--path', '/200', '--any',
        '--connections', 16, '--seconds', $seconds, '--rate', BESIDE_RATE);

    $registrar->hurry(1, $updates->{pid}, $other->{pid});
    $registrar->go($updates);
    my $found = $registrar->end($other);

    $registrar->end($updates);
    $registrar->hurry(0);

    return $found;
}


1;
